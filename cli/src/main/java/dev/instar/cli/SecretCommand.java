package dev.instar.cli;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar secret …}. */
@Command(name = "secret", description = "Secrets of a namespace; functions that name one find it as a file.")
final class SecretCommand extends GatewayGroup {
    private static final String PATH = "/system/secrets";

    SecretCommand(Console console) {
        super(console);
    }

    @Command(name = "create", description = "Create a secret.")
    int create(
            @Parameters(index = "0", paramLabel = "NAME") String name,
            @Option(
                            names = "--from-literal",
                            paramLabel = "TEXT",
                            defaultValue = "",
                            description = "The value; visible in process lists.")
                    String literal,
            @Option(names = "--from-file", paramLabel = "FILE", defaultValue = "", description = "Read it from a file.")
                    String file) {
        return write("POST", "created", name, value(literal, file));
    }

    @Command(name = "update", description = "Change a secret; instances started afterwards see the new value.")
    int update(
            @Parameters(index = "0", paramLabel = "NAME") String name,
            @Option(
                            names = "--from-literal",
                            paramLabel = "TEXT",
                            defaultValue = "",
                            description = "The value; visible in process lists.")
                    String literal,
            @Option(names = "--from-file", paramLabel = "FILE", defaultValue = "", description = "Read it from a file.")
                    String file) {
        return write("PUT", "updated", name, value(literal, file));
    }

    @Command(name = "list", aliases = "ls", description = "List the names; values are never shown.")
    int list() {
        return with(client -> {
            JsonNode secrets = client.get(PATH, Map.of("namespace", node.namespace()));
            if (node.json()) {
                Json.print(secrets, console.out());
                return ExitStatus.OK;
            }
            Table table = Table.of("NAME", "NAMESPACE");
            secrets.forEach(secret -> table.row(Output.text(secret, "name"), Output.text(secret, "namespace")));
            table.print(console.out());
            return ExitStatus.OK;
        });
    }

    @Command(name = "remove", aliases = "rm", description = "Remove a secret that no function names.")
    int remove(@Parameters(index = "0", paramLabel = "NAME") String name) {
        return send("DELETE", "removed", name, Json.object());
    }

    private byte[] value(String literal, String file) {
        if (!literal.isEmpty() && !file.isEmpty()) {
            throw CommandException.badInput("give --from-literal or --from-file, not both");
        }
        if (!literal.isEmpty()) {
            return literal.getBytes(StandardCharsets.UTF_8);
        }
        return InputText.read(file.isEmpty() ? "-" : "@" + file, console.in());
    }

    private int write(String method, String done, String name, byte[] value) {
        if (value.length == 0) {
            throw CommandException.badInput("the value is empty; give it on standard input, or with --from-file");
        }
        return send(
                method,
                done,
                name,
                Json.object().put("rawValue", Base64.getEncoder().encodeToString(value)));
    }

    private int send(String method, String done, String name, ObjectNode body) {
        return with(client -> {
            body.put("name", name).put("namespace", node.namespace());
            client.send(method, PATH, Map.of(), body);
            if (node.json()) {
                Json.print(Json.object().put("name", name).put("namespace", node.namespace()), console.out());
            } else {
                console.err().println(done + " secret " + name + " in " + node.namespace());
            }
            return ExitStatus.OK;
        });
    }
}
