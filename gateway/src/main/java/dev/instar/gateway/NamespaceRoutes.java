package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Quota;
import dev.instar.engine.TenantService;
import dev.instar.engine.TenantService.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Namespaces, which are the tenants, with labels and quotas. */
final class NamespaceRoutes {
    private static final String ONE = "/system/namespace/{name}";

    private final TenantService tenants;
    private final Authenticator authenticator;
    private final Changes changes;

    NamespaceRoutes(Engine engine, Authenticator authenticator, Changes changes) {
        this.tenants = engine.tenants();
        this.authenticator = authenticator;
        this.changes = changes;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/system/namespaces", Access.VIEWER, this::list),
                new Route("POST", "/system/namespace", Access.NODE, this::create),
                new Route("GET", ONE, Access.VIEWER, this::describe),
                new Route("PUT", ONE, Access.NODE, this::update),
                new Route("DELETE", ONE, Access.NODE, this::delete));
    }

    /** The body of a change. Absent labels or bounds stay as they are, or are none for a new namespace. */
    record Body(
            @Nullable String name,
            @Nullable Map<String, String> labels,
            @Nullable Map<String, String> annotations,
            @Nullable Bounds quota) {
        Namespace onto(Namespace before) {
            if (annotations != null && !annotations.isEmpty()) {
                throw new InvalidRequestException("field \"annotations\": namespaces have labels only");
            }
            return new Namespace(
                    before.name(),
                    labels == null ? before.labels() : Map.copyOf(labels),
                    quota == null ? before.quota() : quota.onto(before.quota()));
        }
    }

    /** Bounds of a quota; see {@link Quota}. */
    record Bounds(
            @Nullable Integer functions,
            @Nullable Integer instances,
            @Nullable Long memoryBytes,
            @Nullable Integer callsPerSecond,
            @Nullable Long diskBytes) {
        Quota onto(Quota before) {
            return new Quota(
                    or(functions, before.functions()),
                    or(instances, before.instances()),
                    or(memoryBytes, before.memoryBytes()),
                    or(callsPerSecond, before.callsPerSecond()),
                    or(diskBytes, before.diskBytes()));
        }

        private static <T> T or(@Nullable T given, T before) {
            return given == null ? before : given;
        }
    }

    private void list(Exchange exchange) throws IOException {
        String own = exchange.principal().namespace();
        exchange.json(200, own.isEmpty() ? tenants.namespaces() : List.of(own));
    }

    private void describe(Exchange exchange) throws IOException {
        exchange.json(200, tenants.namespace(exchange.visible(exchange.parameter("name"))));
    }

    private void create(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String name = Json.required("name", body.name());
        FunctionName.requireLabel("namespace", name);
        Namespace namespace = body.onto(new Namespace(name, Map.of(), Quota.UNBOUNDED));
        changes.run(exchange.principal(), "namespace.create", name, () -> tenants.create(namespace));
        exchange.json(201, namespace);
    }

    private void update(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String name = exchange.parameter("name");
        if (body.name() != null && !body.name().equals(name)) {
            throw new InvalidRequestException("field \"name\" names another namespace than the path");
        }
        Namespace changed = changes.make(exchange.principal(), "namespace.update", name, () -> {
            Namespace namespace = body.onto(tenants.namespace(name));
            tenants.update(namespace);
            return namespace;
        });
        exchange.json(200, changed);
    }

    private void delete(Exchange exchange) throws IOException {
        String name = exchange.parameter("name");
        changes.run(exchange.principal(), "namespace.delete", name, () -> tenants.delete(name));
        authenticator.forget();
        exchange.status(202);
    }
}
