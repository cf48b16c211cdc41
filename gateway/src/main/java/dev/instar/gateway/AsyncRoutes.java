package dev.instar.gateway;

import dev.instar.engine.AsyncService;
import dev.instar.engine.AsyncService.DeadLetter;
import dev.instar.engine.Engine;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asynchronous calls that were given up on. */
final class AsyncRoutes {
    private static final String LETTERS = "/system/async/dead-letters";

    private final AsyncService async;
    private final Changes changes;

    AsyncRoutes(Engine engine, Changes changes) {
        this.async = engine.async();
        this.changes = changes;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", LETTERS, Access.VIEWER, this::list),
                new Route("POST", LETTERS + "/{id}/retry", Access.DEPLOYER, this::retry),
                new Route("DELETE", LETTERS + "/{id}", Access.DEPLOYER, this::discard));
    }

    private void list(Exchange exchange) throws IOException {
        int limit = exchange.query("limit", 100, 1, 10_000);
        exchange.json(
                200,
                async.deadLetters(exchange.visibleNamespace(), limit).stream()
                        .map(AsyncRoutes::view)
                        .toList());
    }

    private static Map<String, Object> view(DeadLetter letter) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("callId", letter.callId());
        view.put("function", letter.function().name());
        view.put("namespace", letter.function().namespace());
        view.put("attempts", letter.attempts());
        view.put("reason", letter.reason());
        view.put("failedAt", letter.failedAt().toString());
        return view;
    }

    private void retry(Exchange exchange) throws IOException {
        String namespace = exchange.visibleNamespace();
        String id = exchange.parameter("id");
        changes.run(exchange.principal(), "async.retry", id + " in " + namespace, () -> async.retry(namespace, id));
        exchange.status(202);
    }

    private void discard(Exchange exchange) throws IOException {
        String namespace = exchange.visibleNamespace();
        String id = exchange.parameter("id");
        changes.run(exchange.principal(), "async.discard", id + " in " + namespace, () -> async.discard(namespace, id));
        exchange.status(202);
    }
}
