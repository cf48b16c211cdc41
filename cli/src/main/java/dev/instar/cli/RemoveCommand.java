package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code instar remove}. */
@Command(name = "remove", aliases = "rm", description = "Remove functions with all their versions.")
final class RemoveCommand extends GatewayCommand {
    @Parameters(paramLabel = "NAME", arity = "1..*", description = "The functions.")
    private List<String> names = List.of();

    RemoveCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        List<FunctionAddress> functions = names.stream().map(node::function).toList();
        for (FunctionAddress function : functions) {
            client.send(
                    "DELETE",
                    "/system/functions",
                    function.query(),
                    Json.object().put("functionName", function.name()).put("namespace", function.namespace()));
            console.err().println("removed " + function);
        }
        if (node.json()) {
            Json.print(Json.tree(functions), console.out());
        }
        return ExitStatus.OK;
    }
}
