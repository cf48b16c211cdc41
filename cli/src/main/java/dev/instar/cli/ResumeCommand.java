package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Map;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code instar resume}. */
@Command(name = "resume", description = "Take calls again after a drain.")
final class ResumeCommand extends GatewayCommand {
    ResumeCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        JsonNode result = client.send("POST", "/system/resume", Map.of());
        if (node.json()) {
            Json.print(result, console.out());
        } else {
            console.err().println("takes calls again");
        }
        return ExitStatus.OK;
    }
}
