package dev.instar.gateway;

import dev.instar.engine.Call;
import dev.instar.engine.Engine;
import dev.instar.engine.InvalidRequestException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/**
 * Calls of functions over HTTP: {@code /function/…}, the same as {@code /invoke/…}, and {@code /async-function/…}.
 * Thread-safe.
 */
final class Invocations {
    static final String SYNC = "/function/";
    /** What TrEnv's platform has in place of {@link #SYNC}. */
    static final String INVOKE = "/invoke/";

    static final String ASYNC = "/async-function/";
    private static final HeaderName X_CALLBACK_URL = HeaderNames.create("X-Callback-Url");

    private final Engine engine;
    private final Calls calls;

    Invocations(Engine engine, Calls calls) {
        this.engine = engine;
        this.calls = calls;
    }

    /** The routes as the API's description lists them; requests for them are told by their prefix. */
    static List<Route> routes() {
        Route.Handler prefixed = exchange -> {
            throw new IllegalStateException("calls are not dispatched through the route table");
        };
        return List.of(
                new Route("*", SYNC + "{name}", Access.INVOKER, prefixed),
                new Route("*", SYNC + "{name}/{path}", Access.INVOKER, prefixed),
                new Route("*", INVOKE + "{name}", Access.INVOKER, prefixed),
                new Route("*", INVOKE + "{name}/{path}", Access.INVOKER, prefixed),
                new Route("*", ASYNC + "{name}", Access.INVOKER, prefixed),
                new Route("*", ASYNC + "{name}/{path}", Access.INVOKER, prefixed));
    }

    /** Answers the request if its path is one of a function. */
    boolean handle(ServerRequest request, ServerResponse response) {
        String path = request.prologue().uriPath().rawPath();
        Calls.Target target = Calls.Target.after(SYNC, path);
        if (target == null) {
            target = Calls.Target.after(INVOKE, path);
        }
        if (target != null) {
            invoke(request, response, target);
            return true;
        }
        target = Calls.Target.after(ASYNC, path);
        if (target != null) {
            enqueue(request, response, target);
            return true;
        }
        return false;
    }

    private void invoke(ServerRequest request, ServerResponse response, Calls.Target target) {
        String id = calls.nextId();
        FunctionReply reply = new FunctionReply(request, response, id);
        try {
            Call call = calls.of(request, id, target.address(), target.path());
            engine.invoker().invoke(call, reply);
        } catch (IOException e) {
            throw new CloseConnectionException("the reply broke off, or the client went away", e);
        } catch (RuntimeException e) {
            if (e instanceof CloseConnectionException || reply.committed()) {
                throw new CloseConnectionException("the reply broke off", e);
            }
            fail(request, response, reply, e, id);
        }
    }

    private void enqueue(ServerRequest request, ServerResponse response, Calls.Target target) {
        String id = calls.nextId();
        FunctionReply reply = new FunctionReply(request, response, id);
        try {
            Call call = calls.of(request, id, target.address(), target.path());
            engine.async().enqueue(call, callbackUrl(request));
            reply.identify();
            response.status(Status.ACCEPTED_202);
            response.send();
        } catch (IOException e) {
            throw new CloseConnectionException("the client went away", e);
        } catch (CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            fail(request, response, reply, e, id);
        }
    }

    private static void fail(
            ServerRequest request, ServerResponse response, FunctionReply reply, RuntimeException e, String id) {
        response.headers().clear();
        reply.identify();
        ErrorReply.send(request, response, Fault.of(e, true, id), id);
    }

    private static String callbackUrl(ServerRequest request) {
        if (!request.headers().contains(X_CALLBACK_URL)) {
            return "";
        }
        String text = request.headers().get(X_CALLBACK_URL).get();
        try {
            URI uri = new URI(text);
            boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null) {
                return text;
            }
        } catch (URISyntaxException _) {
            // answered below, like a URL of another kind
        }
        throw new InvalidRequestException("X-Callback-Url must be an http or https URL without user name");
    }
}
