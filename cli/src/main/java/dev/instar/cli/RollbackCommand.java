package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar rollback}. */
@Command(name = "rollback", description = "Make an earlier version of a function current again.")
final class RollbackCommand extends GatewayCommand {
    @Parameters(paramLabel = "NAME", description = "The function.")
    private String name = "";

    @Option(names = "--to", paramLabel = "VERSION", description = "Its number; else the one that was current before.")
    private int version;

    RollbackCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        if (version < 0) {
            throw CommandException.badInput("versions are numbered from 1");
        }
        FunctionAddress function = node.function(name);
        JsonNode current = client.send(
                "POST",
                function.under("/system/rollback-function"),
                function.query(),
                Json.object().put("version", version));
        if (node.json()) {
            Json.print(current, console.out());
        } else {
            console.err().println(function + " is at version " + Output.text(current, "version"));
        }
        return ExitStatus.OK;
    }
}
