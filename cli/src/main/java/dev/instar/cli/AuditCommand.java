package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code instar audit}. */
@Command(name = "audit", description = "Show who changed what, newest first.")
final class AuditCommand extends GatewayCommand {
    @Option(names = "--limit", paramLabel = "ENTRIES", description = "At most this many. Default: 50.")
    private int limit = 50;

    AuditCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        JsonNode entries = client.get("/system/audit", Map.of("limit", Integer.toString(limit)));
        if (node.json()) {
            Json.print(entries, console.out());
            return ExitStatus.OK;
        }
        Table table = Table.of("TIME", "WHO", "ACTION", "TARGET", "OUTCOME");
        for (JsonNode entry : entries) {
            table.row(
                    Output.text(entry, "time"),
                    Output.text(entry, "who"),
                    Output.text(entry, "action"),
                    Output.text(entry, "target"),
                    Output.text(entry, "outcome"));
        }
        table.print(console.out());
        return ExitStatus.OK;
    }
}
