package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code instar drain}. */
@Command(name = "drain", description = "Refuse new calls and wait for running ones, before a restart or an upgrade.")
final class DrainCommand extends GatewayCommand {
    @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long to wait. Default: 60.")
    private int seconds = 60;

    DrainCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        if (seconds < 0 || seconds > 240) {
            throw CommandException.badInput("--timeout takes 0 to 240 seconds");
        }
        JsonNode result = new Progress(console)
                .step(
                        "draining " + client.gateway(),
                        () -> client.send("POST", "/system/drain", Map.of("timeout", Integer.toString(seconds))));
        boolean idle = result.path("drained").asBoolean(false);
        if (node.json()) {
            Json.print(result, console.out());
        } else {
            console.err()
                    .println(
                            idle
                                    ? "drained; `instar resume` takes calls again"
                                    : "calls are still running; new ones are refused");
        }
        return idle ? ExitStatus.OK : ExitStatus.FAILED;
    }
}
