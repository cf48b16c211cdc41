package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import dev.instar.engine.TenantService;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What TrEnv's platform (SOSP'24, its faasd) has beside OpenFaaS's routes, by its paths and shapes, so that what drives
 * it can drive a node. Other than there, all of it needs an administrator, and what changes something is no GET.
 */
final class TrenvRoutes {
    private static final String METRICS = "/system/metrics";
    private static final String KILL = "/danger/kill";
    private static final Header LINES = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
    /** The two templates of TrEnv's functions, and the runtimes that serve their handlers here. */
    private static final Map<String, String> LANGUAGES = Map.of("hybrid-py", "python", "hybrid-node18", "node");

    private final FunctionService functions;
    private final TenantService tenants;
    private final Deployments deployments;
    private final Changes changes;
    private final CallRecords calls;

    TrenvRoutes(Engine engine, Deployments deployments, Changes changes, CallRecords calls) {
        this.functions = engine.functions();
        this.tenants = engine.tenants();
        this.deployments = deployments;
        this.changes = changes;
        this.calls = calls;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/system/register", Access.ADMIN, this::register),
                new Route("GET", METRICS, Access.ADMIN, this::metrics),
                new Route("DELETE", METRICS, Access.ADMIN, this::clear),
                new Route("POST", KILL, Access.ADMIN, this::kill),
                new Route("PUT", KILL, Access.ADMIN, this::kill));
    }

    private void register(Exchange exchange) throws IOException {
        ObjectNode document = Json.object(exchange.document());
        JsonNode snapshots = document.remove("SnapshotIds");
        if (snapshots != null && !snapshots.isNull() && !snapshots.isEmpty()) {
            throw new InvalidRequestException("SnapshotIds: a node makes its templates itself; leave it out");
        }
        JsonNode language = document.remove("language");
        if (language != null && !language.asString("").isEmpty()) {
            document.put("runtime", runtime(language.asString(""), document.path("runtime")));
        }
        exchange.json(200, FunctionView.of(deployments.deploy(exchange, Json.bytes(document), false)));
    }

    private static String runtime(String language, JsonNode named) {
        String runtime = LANGUAGES.get(language);
        if (runtime == null) {
            throw new InvalidRequestException("language: must be hybrid-py or hybrid-node18, not \"" + language
                    + "\"; for any other function leave it out and name a runtime");
        }
        if (!named.asString(runtime).equals(runtime)) {
            throw new InvalidRequestException("language: contradicts runtime; give one of them");
        }
        return runtime;
    }

    private void metrics(Exchange exchange) throws IOException {
        exchange.send(
                200, LINES, TrenvMetrics.lines(calls.of(exchange.principal().namespace())));
    }

    private void clear(Exchange exchange) throws IOException {
        String own = exchange.principal().namespace();
        changes.run(exchange.principal(), "metrics.clear", own.isEmpty() ? "node" : own, () -> calls.clear(own));
        exchange.status(200);
    }

    private void kill(Exchange exchange) throws IOException {
        Principal principal = exchange.principal();
        String address = exchange.query("name", "");
        @Nullable
        FunctionName one = address.isEmpty() ? null : exchange.function(address, exchange.query("namespace", ""));
        String scope = exchange.query("namespace", principal.namespace());
        if (one == null && !scope.isEmpty()) {
            exchange.visible(scope);
        }
        String target = one != null ? one.toString() : scope.isEmpty() ? "node" : scope;
        int ended = changes.make(
                principal, "instances.kill", target, () -> one != null ? functions.endInstances(one) : endAll(scope));
        exchange.json(200, Map.of("killed", ended));
    }

    private int endAll(String namespace) {
        if (!namespace.isEmpty()) {
            return endAllOf(functions.list(namespace));
        }
        int ended = 0;
        for (String each : tenants.namespaces()) {
            try {
                ended += endAllOf(functions.list(each));
            } catch (NotFoundException _) {
                // deleted since it was listed, which it can be without functions only
            }
        }
        return ended;
    }

    private int endAllOf(List<FunctionStatus> listed) {
        return listed.stream()
                .mapToInt(function -> endIfThere(function.current().spec().name()))
                .sum();
    }

    private int endIfThere(FunctionName function) {
        try {
            return functions.endInstances(function);
        } catch (NotFoundException _) {
            // removed since it was listed, and its instances with it
            return 0;
        }
    }
}
