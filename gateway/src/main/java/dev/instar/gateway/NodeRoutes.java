package dev.instar.gateway;

import dev.instar.engine.AuditLog;
import dev.instar.engine.Engine;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The node as a whole: information, health, drain, audit log. */
final class NodeRoutes {
    private static final int DRAIN_SECONDS = 60;
    private static final int LONGEST_DRAIN_SECONDS = 3600;

    private final Engine engine;
    private final Changes changes;
    private final String version;

    NodeRoutes(Engine engine, Changes changes, String version) {
        this.engine = engine;
        this.changes = changes;
        this.version = version;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/healthz", Access.OPEN, this::healthy),
                new Route("GET", "/readyz", Access.OPEN, this::ready),
                new Route("GET", "/system/info", Access.VIEWER, this::info),
                new Route("GET", "/system/status", Access.NODE, this::status),
                new Route("GET", "/system/audit", Access.NODE, this::audit),
                new Route("POST", "/system/drain", Access.NODE, this::drain),
                new Route("POST", "/system/resume", Access.NODE, this::resume));
    }

    private void healthy(Exchange exchange) throws IOException {
        exchange.json(200, Map.of("status", "ok"));
    }

    private void ready(Exchange exchange) throws IOException {
        if (engine.status().draining()) {
            throw new Refusal(503, "the node is draining", Fault.retryAfter(Duration.ofSeconds(5)));
        }
        exchange.json(200, Map.of("status", "ready"));
    }

    private void info(Exchange exchange) throws IOException {
        Map<String, Object> release = new LinkedHashMap<>();
        release.put("sha", "");
        release.put("release", version);
        Map<String, Object> provider = new LinkedHashMap<>();
        provider.put("provider", "instar");
        provider.put("orchestration", "instar");
        provider.put("version", release);
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("provider", provider);
        info.put("version", release);
        info.put("arch", System.getProperty("os.arch", ""));
        exchange.json(200, info);
    }

    private void status(Exchange exchange) throws IOException {
        exchange.json(200, engine.status());
    }

    private void audit(Exchange exchange) throws IOException {
        int limit = exchange.query("limit", 100, 1, 10_000);
        exchange.json(
                200, engine.audit().recent(limit).stream().map(NodeRoutes::view).toList());
    }

    private static Map<String, Object> view(AuditLog.Entry entry) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("time", entry.time().toString());
        view.put("who", entry.who());
        view.put("action", entry.action());
        view.put("target", entry.target());
        view.put("outcome", entry.outcome());
        return view;
    }

    private void drain(Exchange exchange) throws IOException {
        Duration patience = Duration.ofSeconds(exchange.query("timeout", DRAIN_SECONDS, 0, LONGEST_DRAIN_SECONDS));
        boolean finished = changes.make(exchange.principal(), "node.drain", "node", () -> drain(patience));
        exchange.json(200, Map.of("drained", finished));
    }

    private boolean drain(Duration patience) {
        try {
            return engine.drain(patience);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Refusal(503, "the gateway is closing");
        }
    }

    private void resume(Exchange exchange) throws IOException {
        changes.run(exchange.principal(), "node.resume", "node", engine::resume);
        exchange.json(200, Map.of("draining", engine.status().draining()));
    }
}
