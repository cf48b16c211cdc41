package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Map;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code instar status}. */
@Command(name = "status", description = "Show how the node is doing.")
final class StatusCommand extends GatewayCommand {
    StatusCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        JsonNode status = client.get("/system/status", Map.of());
        if (node.json()) {
            Json.print(status, console.out());
            return ExitStatus.OK;
        }
        print("node", client.gateway() + (status.path("draining").asBoolean(false) ? " (draining)" : ""));
        print("instances", Output.text(status, "instances"));
        print("sandboxes ready", Output.text(status, "sandboxesReady"));
        print("calls running", Output.text(status, "running"));
        print("calls queued", Output.text(status, "queued"));
        print(
                "memory",
                Output.bytes(status.path("memoryBytes").asLong(0)) + " of "
                        + Output.bytes(status.path("memoryBoundBytes").asLong(0)));
        return ExitStatus.OK;
    }

    private void print(String name, String value) {
        console.out().printf("%-16s %s%n", name, value);
    }
}
