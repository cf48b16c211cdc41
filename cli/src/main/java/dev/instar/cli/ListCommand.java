package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code instar list}. */
@Command(name = "list", aliases = "ls", description = "List the functions of a namespace.")
final class ListCommand extends GatewayCommand {
    ListCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        JsonNode functions = client.get("/system/functions", Map.of("namespace", node.namespace()));
        if (node.json()) {
            Json.print(functions, console.out());
            return ExitStatus.OK;
        }
        Table table = Table.of("NAME", "RUNTIME", "VERSION>", "INSTANCES>", "CALLS>", "AGE>");
        for (JsonNode function : functions) {
            table.row(
                    Output.text(function, "name"),
                    Output.text(function, "runtime"),
                    Output.text(function, "version"),
                    Output.text(function, "replicas"),
                    Output.text(function, "invocationCount"),
                    Output.age(Output.text(function, "createdAt"), Instant.now()));
        }
        table.print(console.out());
        return ExitStatus.OK;
    }
}
