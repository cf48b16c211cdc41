package dev.instar.gateway;

import dev.instar.engine.Principal;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Takes every request: calls of functions by their prefix, everything else through the route table. Thread-safe. */
final class GatewayHandler implements Handler {
    private final Invocations invocations;
    private final RouteTable table;
    private final Authenticator authenticator;
    private final Changes changes;
    private final GatewayLimits limits;
    private final CallIds ids = new CallIds();

    GatewayHandler(
            Invocations invocations,
            RouteTable table,
            Authenticator authenticator,
            Changes changes,
            GatewayLimits limits) {
        this.invocations = invocations;
        this.table = table;
        this.authenticator = authenticator;
        this.changes = changes;
        this.limits = limits;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Connection connection = Connection.CURRENT.get();
        connection.serving();
        if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            connection.closeAfterReply();
        }
        try {
            if (!invocations.handle(request, response)) {
                manage(request, response, connection);
            }
        } finally {
            connection.served(
                    request.content().hasEntity() && !request.content().consumed());
        }
        if (connection.broken()) {
            throw new CloseConnectionException("the request's body was not read to its end");
        }
    }

    private void manage(ServerRequest request, ServerResponse response, Connection connection) {
        try {
            RouteTable.Match match = table.find(
                    request.prologue().method().text(),
                    request.prologue().uriPath().rawPath());
            Principal principal = authorize(match.route(), request, connection);
            match.route().handler().handle(new Exchange(request, response, match.parameters(), principal, limits));
        } catch (IOException e) {
            throw new CloseConnectionException("the client went away", e);
        } catch (CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            if (response.bytesWritten() > 0) {
                throw new CloseConnectionException("the reply broke off", e);
            }
            response.headers().clear();
            String id = ids.next();
            ErrorReply.send(request, response, Fault.of(e, false, id), id);
        }
    }

    private @Nullable Principal authorize(Route route, ServerRequest request, Connection connection) {
        if (route.access() == Access.OPEN || route.access() == Access.INVOKER) {
            // calls of functions settle for themselves whether this caller may make them
            return null;
        }
        Principal principal = authenticator.require(request.headers(), connection.remoteAddress());
        String lacking = lacking(principal, route.access());
        if (lacking.isEmpty()) {
            return principal;
        }
        if (!route.method().equals("GET")) {
            changes.refused(principal, route.method(), route.template(), lacking);
        }
        throw new Refusal(403, lacking);
    }

    private static String lacking(Principal principal, Access access) {
        if (!principal.role().includes(access.role())) {
            return "this needs the role " + access.role() + "; you have " + principal.role();
        }
        return access == Access.NODE && !principal.mayAdministerNode()
                ? "this needs an administrator of the whole node"
                : "";
    }
}
