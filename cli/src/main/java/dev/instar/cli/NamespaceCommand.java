package dev.instar.cli;

import dev.instar.cli.client.UriText;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar namespace …}. */
@Command(
        name = "namespace",
        aliases = "ns",
        description = "Namespaces: tenants with their own tokens, secrets and quotas.")
final class NamespaceCommand extends GatewayGroup {
    private static final String PATH = "/system/namespace";

    NamespaceCommand(Console console) {
        super(console);
    }

    @Command(name = "create", description = "Create a namespace.")
    int create(
            @Parameters(paramLabel = "NAME", description = "Its name.") String name,
            @Option(names = "--label", paramLabel = "KEY=VALUE", description = "A label; may be repeated.") @Nullable
                    Map<String, String> labels) {
        return with(client -> {
            ObjectNode body = Json.object().put("name", name);
            body.set("labels", Json.tree(new TreeMap<>(labels == null ? Map.of() : labels)));
            return done(client.send("POST", PATH, Map.of(), body), "created namespace " + name);
        });
    }

    @Command(name = "list", aliases = "ls", description = "List the namespaces.")
    int list() {
        return with(client -> {
            JsonNode names = client.get("/system/namespaces", Map.of());
            if (node.json()) {
                Json.print(names, console.out());
            } else {
                names.forEach(name -> console.out().println(name.asString()));
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "describe", description = "Show a namespace with its labels and quota.")
    int describe(@Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        return with(client -> {
            JsonNode namespace = client.get(path(name), Map.of());
            if (node.json()) {
                Json.print(namespace, console.out());
                return ExitStatus.OK;
            }
            console.out().println("name:             " + Output.text(namespace, "name"));
            console.out().println("labels:           " + Json.compact(namespace.path("labels")));
            JsonNode quota = namespace.path("quota");
            console.out().println("functions:        " + bound(quota.path("functions")));
            console.out().println("instances:        " + bound(quota.path("instances")));
            console.out().println("memory:           " + bytesBound(quota.path("memoryBytes")));
            console.out().println("calls per second: " + bound(quota.path("callsPerSecond")));
            console.out().println("disk:             " + bytesBound(quota.path("diskBytes")));
            return ExitStatus.OK;
        });
    }

    @Command(name = "remove", aliases = "rm", description = "Remove a namespace that has no functions.")
    int remove(@Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        return with(client -> {
            ObjectNode body = Json.object().put("name", name);
            client.send("DELETE", path(name), Map.of());
            return done(body, "removed namespace " + name);
        });
    }

    @Command(name = "quota", description = "Change what a namespace may use; 0 means without bound.")
    int quota(
            @Parameters(paramLabel = "NAME", description = "The namespace.") String name,
            @Option(names = "--functions", paramLabel = "COUNT", description = "Deployed functions.") @Nullable
                    Integer functions,
            @Option(names = "--instances", paramLabel = "COUNT", description = "Instances alive.") @Nullable
                    Integer instances,
            @Option(
                            names = "--memory",
                            paramLabel = "BYTES",
                            description = "Their memory limits together, such as 4Gi.")
                    @Nullable
                    String memory,
            @Option(names = "--calls-per-second", paramLabel = "COUNT", description = "Calls accepted.") @Nullable
                    Integer calls,
            @Option(names = "--disk", paramLabel = "BYTES", description = "Stored code, such as 2Gi.") @Nullable
                    String disk) {
        Map<String, Object> changes = new HashMap<>();
        changes.put("functions", functions);
        changes.put("instances", instances);
        changes.put("callsPerSecond", calls);
        changes.put("memoryBytes", memory == null ? null : ByteCount.parse(memory));
        changes.put("diskBytes", disk == null ? null : ByteCount.parse(disk));
        changes.values().removeIf(Objects::isNull);
        if (changes.isEmpty()) {
            throw CommandException.badInput("name at least one quota, such as --memory 4Gi");
        }
        return with(client -> {
            ObjectNode body = Json.object().put("name", name);
            ObjectNode quota = body.putObject("quota");
            changes.forEach((field, value) -> quota.put(field, ((Number) value).longValue()));
            return done(client.send("PUT", path(name), Map.of(), body), "changed the quota of " + name);
        });
    }

    private static String path(String name) {
        return PATH + "/" + UriText.escape(name);
    }

    private int done(JsonNode result, String message) {
        if (node.json()) {
            Json.print(result, console.out());
        } else {
            console.err().println(message);
        }
        return ExitStatus.OK;
    }

    private static String bound(JsonNode value) {
        return value.asLong(0) == 0 ? "unbounded" : Long.toString(value.asLong());
    }

    private static String bytesBound(JsonNode value) {
        return value.asLong(0) == 0 ? "unbounded" : Output.bytes(value.asLong());
    }
}
