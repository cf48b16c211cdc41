package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar scale}. */
@Command(name = "scale", description = "Keep a number of instances alive; 0 ends those that are idle.")
final class ScaleCommand extends GatewayCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "The function.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "INSTANCES", description = "How many.")
    private int replicas;

    ScaleCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        if (replicas < 0) {
            throw CommandException.badInput("the number of instances must not be negative");
        }
        FunctionAddress function = node.function(name);
        ObjectNode body = Json.object()
                .put("serviceName", function.name())
                .put("namespace", function.namespace())
                .put("replicas", replicas);
        client.send("POST", function.under("/system/scale-function"), function.query(), body);
        if (node.json()) {
            Json.print(body, console.out());
        } else {
            console.err().println(function + " keeps " + replicas + (replicas == 1 ? " instance" : " instances"));
        }
        return ExitStatus.OK;
    }
}
