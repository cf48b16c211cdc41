package dev.instar.cli;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar token …}. */
@Command(name = "token", description = "Tokens of a namespace, or with --node of the whole node.")
final class TokenCommand extends GatewayGroup {
    private static final String PATH = "/system/tokens";

    /** What a token may do; each includes those before it. */
    enum Role {
        INVOKER,
        VIEWER,
        DEPLOYER,
        ADMIN
    }

    @Option(
            names = "--node",
            scope = picocli.CommandLine.ScopeType.INHERIT,
            description = "Of the whole node, not of one namespace.")
    private boolean wholeNode;

    TokenCommand(Console console) {
        super(console);
    }

    @Command(name = "create", description = "Make a token; its text is printed once.")
    int create(
            @Parameters(paramLabel = "NAME", description = "A name to know it by.") String name,
            @Option(
                            names = "--role",
                            paramLabel = "ROLE",
                            required = true,
                            description = "invoker, viewer, deployer or admin.")
                    Role role) {
        return with(client -> {
            JsonNode made = client.send(
                    "POST",
                    PATH,
                    Map.of(),
                    Json.object()
                            .put("name", name)
                            .put("namespace", namespace())
                            .put("role", role.name().toLowerCase(Locale.ROOT)));
            if (node.json()) {
                Json.print(made, console.out());
            } else {
                console.out().println(Output.text(made, "token"));
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "list", aliases = "ls", description = "List tokens, without their text.")
    int list() {
        return with(client -> {
            JsonNode tokens = client.get(PATH, Map.of("namespace", namespace()));
            if (node.json()) {
                Json.print(tokens, console.out());
                return ExitStatus.OK;
            }
            Table table = Table.of("NAME", "NAMESPACE", "ROLE", "CREATED");
            for (JsonNode token : tokens) {
                table.row(
                        Output.text(token, "name"),
                        Output.text(token, "namespace"),
                        Output.text(token, "role"),
                        Output.text(token, "createdAt"));
            }
            table.print(console.out());
            return ExitStatus.OK;
        });
    }

    @Command(name = "revoke", description = "Revoke a token; it is refused from then on.")
    int revoke(@Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        return with(client -> {
            client.send(
                    "DELETE", PATH, Map.of(), Json.object().put("name", name).put("namespace", namespace()));
            if (node.json()) {
                Json.print(Json.object().put("name", name).put("namespace", namespace()), console.out());
            } else {
                console.err().println("revoked " + name);
            }
            return ExitStatus.OK;
        });
    }

    private String namespace() {
        if (wholeNode && node.hasNamespace()) {
            throw CommandException.badInput("give --node or --namespace, not both");
        }
        return wholeNode ? "" : node.namespace();
    }
}
