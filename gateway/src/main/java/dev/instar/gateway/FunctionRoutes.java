package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Deployment and life of functions, as OpenFaaS has it. */
final class FunctionRoutes {
    private static final String FUNCTIONS = "/system/functions";

    private final FunctionService functions;
    private final Deployments deployments;
    private final Changes changes;
    private final GatewayMetrics metrics;

    FunctionRoutes(Engine engine, Deployments deployments, Changes changes, GatewayMetrics metrics) {
        this.functions = engine.functions();
        this.deployments = deployments;
        this.changes = changes;
        this.metrics = metrics;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", FUNCTIONS, Access.VIEWER, this::list),
                new Route("POST", FUNCTIONS, Access.DEPLOYER, exchange -> deploy(exchange, false)),
                new Route("PUT", FUNCTIONS, Access.DEPLOYER, exchange -> deploy(exchange, true)),
                new Route("DELETE", FUNCTIONS, Access.DEPLOYER, this::remove),
                new Route("GET", "/system/function/{name}", Access.VIEWER, this::describe),
                new Route("GET", "/system/function/{name}/versions", Access.VIEWER, this::versions),
                new Route("POST", "/system/scale-function/{name}", Access.DEPLOYER, this::scale),
                new Route("POST", "/system/rollback-function/{name}", Access.DEPLOYER, this::rollback));
    }

    private void list(Exchange exchange) throws IOException {
        exchange.json(
                200,
                functions.list(exchange.visibleNamespace()).stream()
                        .map(status -> FunctionView.of(status, false))
                        .toList());
    }

    private void describe(Exchange exchange) throws IOException {
        boolean usage = isTrue(exchange.query("usage", ""));
        exchange.json(200, FunctionView.of(functions.describe(exchange.pathFunction()), usage));
    }

    private static boolean isTrue(String text) {
        return text.equals("1") || text.equalsIgnoreCase("true");
    }

    private void versions(Exchange exchange) throws IOException {
        exchange.json(
                200,
                functions.versions(exchange.pathFunction()).stream()
                        .map(FunctionView::of)
                        .toList());
    }

    /** A client that gets 404 for a PUT tries again with POST. */
    private void deploy(Exchange exchange, boolean existing) throws IOException {
        FunctionVersion version = deployments.deploy(exchange, exchange.document(), existing);
        exchange.json(existing ? 200 : 202, FunctionView.of(version));
    }

    /** The body of a removal. */
    record Removal(@Nullable String functionName, @Nullable String namespace) {}

    private void remove(Exchange exchange) throws IOException {
        Removal removal = exchange.document(Removal.class);
        String namespace = removal.namespace() == null ? exchange.query("namespace", "") : removal.namespace();
        FunctionName name = exchange.function(Json.required("functionName", removal.functionName()), namespace);
        changes.run(exchange.principal(), "function.remove", name.toString(), () -> functions.remove(name));
        metrics.forget(name);
        exchange.status(202);
    }

    /** The body of a scaling; the path names the function. */
    record Scaling(
            @Nullable String serviceName,
            @Nullable String namespace,
            @Nullable Integer replicas) {}

    private void scale(Exchange exchange) throws IOException {
        Scaling scaling = exchange.document(Scaling.class);
        int replicas = Json.required("replicas", scaling.replicas());
        if (replicas < 0) {
            throw new InvalidRequestException("replicas must not be negative");
        }
        String namespace = scaling.namespace() == null ? exchange.query("namespace", "") : scaling.namespace();
        FunctionName name = exchange.function(exchange.parameter("name"), namespace);
        if (scaling.serviceName() != null
                && !exchange.function(scaling.serviceName(), namespace).equals(name)) {
            throw new InvalidRequestException("serviceName names another function than the path");
        }
        changes.run(
                exchange.principal(), "function.scale", name + " " + replicas, () -> functions.scale(name, replicas));
        exchange.status(202);
    }

    /** The body of a rollback; 0 or nothing for the version before. */
    record Rollback(@Nullable Integer version) {}

    private void rollback(Exchange exchange) throws IOException {
        Integer wanted = exchange.document(Rollback.class).version();
        int number = wanted == null ? 0 : wanted;
        if (number < 0) {
            throw new InvalidRequestException("version must not be negative");
        }
        FunctionName name = exchange.pathFunction();
        FunctionVersion version = changes.make(
                exchange.principal(), "function.rollback", name + " " + number, () -> functions.rollback(name, number));
        exchange.json(200, FunctionView.of(version));
    }
}
