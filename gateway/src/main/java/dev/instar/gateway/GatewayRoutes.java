package dev.instar.gateway;

import dev.instar.engine.Engine;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** All routes of the gateway, wired to an engine. */
final class GatewayRoutes implements AutoCloseable {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
    private static final Header PROMETHEUS =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");

    private final RouteTable table;
    private final Handler handler;
    private final LogRoutes logs;

    private GatewayRoutes(RouteTable table, Handler handler, LogRoutes logs) {
        this.table = table;
        this.handler = handler;
        this.logs = logs;
    }

    static GatewayRoutes of(GatewaySettings settings, Engine engine, GatewayMetrics metrics) {
        metrics.observe(engine);
        GatewayLimits limits = settings.limits();
        Authenticator authenticator = new Authenticator(engine.tenants());
        Changes changes = new Changes(engine.audit());
        Calls calls = new Calls(engine, authenticator, limits);
        Deployments deployments = new Deployments(engine, changes);
        LogRoutes logs = new LogRoutes(engine);

        List<Route> routes = new ArrayList<>();
        routes.addAll(new FunctionRoutes(engine, deployments, changes, metrics).routes());
        routes.addAll(new CodeRoutes(engine, changes, limits).routes());
        routes.addAll(new TemplateRoutes(engine, changes, limits).routes());
        routes.addAll(new SecretRoutes(engine, changes).routes());
        routes.addAll(new NamespaceRoutes(engine, authenticator, changes).routes());
        routes.addAll(new TokenRoutes(engine, authenticator, changes).routes());
        routes.addAll(new AsyncRoutes(engine, changes).routes());
        routes.addAll(logs.routes());
        routes.addAll(new NodeRoutes(engine, changes, settings.version()).routes());
        routes.addAll(new LambdaRoutes(engine, calls).routes());
        routes.addAll(new TrenvRoutes(engine, deployments, changes, metrics.calls()).routes());
        byte[] description = description();
        routes.add(new Route("GET", "/openapi.json", Access.OPEN, exchange -> exchange.send(200, JSON, description)));
        routes.add(new Route("GET", "/metrics", Access.VIEWER, exchange -> metrics(exchange, metrics)));

        RouteTable table = new RouteTable(routes);
        Invocations invocations = new Invocations(engine, calls);
        return new GatewayRoutes(table, new GatewayHandler(invocations, table, authenticator, changes, limits), logs);
    }

    private static void metrics(Exchange exchange, GatewayMetrics metrics) throws IOException {
        String text = metrics.scrape(exchange.principal().namespace());
        exchange.send(200, PROMETHEUS, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] description() {
        try (InputStream in = GatewayRoutes.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is missing from the gateway's classes");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read openapi.json", e);
        }
    }

    Handler handler() {
        return handler;
    }

    /** Every route there is, those that call functions included. */
    List<Route> routes() {
        List<Route> all = new ArrayList<>(table.routes());
        all.addAll(Invocations.routes());
        return all;
    }

    /** Ends replies that would go on for ever. */
    @Override
    public void close() {
        logs.close();
    }
}
