package dev.instar.cli;

import dev.instar.cli.client.UriText;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar async …}. */
@Command(name = "async", description = "Queued calls that were given up on.")
final class AsyncCommand extends GatewayGroup {
    private static final String PATH = "/system/async/dead-letters";

    AsyncCommand(Console console) {
        super(console);
    }

    @Command(name = "dead-letters", description = "List the calls that were given up on, newest first.")
    int deadLetters(
            @Option(names = "--limit", paramLabel = "CALLS", defaultValue = "50", description = "At most this many.")
                    int limit) {
        return with(client -> {
            JsonNode letters =
                    client.get(PATH, Map.of("namespace", node.namespace(), "limit", Integer.toString(limit)));
            if (node.json()) {
                Json.print(letters, console.out());
                return ExitStatus.OK;
            }
            Table table = Table.of("CALL", "FUNCTION", "ATTEMPTS>", "FAILED", "REASON");
            for (JsonNode letter : letters) {
                table.row(
                        Output.text(letter, "callId"),
                        Output.text(letter, "function"),
                        Output.text(letter, "attempts"),
                        Output.text(letter, "failedAt"),
                        Output.text(letter, "reason"));
            }
            table.print(console.out());
            return ExitStatus.OK;
        });
    }

    @Command(name = "retry", description = "Put a call back into the queue.")
    int retry(@Parameters(paramLabel = "CALL", description = "Its id.") String id) {
        return change("POST", "/retry", id, "queued again");
    }

    @Command(name = "discard", description = "Forget a call.")
    int discard(@Parameters(paramLabel = "CALL", description = "Its id.") String id) {
        return change("DELETE", "", id, "forgotten");
    }

    private int change(String method, String suffix, String id, String done) {
        return with(client -> {
            client.send(method, PATH + "/" + UriText.escape(id) + suffix, Map.of("namespace", node.namespace()));
            if (node.json()) {
                Json.print(Json.object().put("callId", id).put("outcome", done), console.out());
            } else {
                console.err().println(id + ": " + done);
            }
            return ExitStatus.OK;
        });
    }
}
