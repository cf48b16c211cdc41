package dev.instar.gateway;

import dev.instar.engine.Call;
import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import dev.instar.engine.Role;
import io.helidon.http.Headers;
import io.helidon.webserver.http.ServerRequest;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Turns a request for a function into a {@link Call}, once it is known that the caller may make it. Thread-safe. */
final class Calls {
    private static final int NAMES = 10_000;

    private final Engine engine;
    private final Authenticator authenticator;
    private final GatewayLimits limits;
    private final CallIds ids = new CallIds();
    // parsing an address checks it against patterns: once per address, not per call
    private final ConcurrentHashMap<String, FunctionName> names = new ConcurrentHashMap<>();

    Calls(Engine engine, Authenticator authenticator, GatewayLimits limits) {
        this.engine = engine;
        this.authenticator = authenticator;
        this.limits = limits;
    }

    String nextId() {
        return ids.next();
    }

    /**
     * The call that a request makes.
     *
     * @param address {@code NAME} or {@code NAME.NAMESPACE}
     * @param path what follows it
     * @throws Refusal 401, 403 or 429 if the caller may not call the function
     * @throws NotFoundException if the function is another tenant's
     */
    Call of(ServerRequest request, String id, String address, String path) {
        String remoteAddress = Connection.CURRENT.get().remoteAddress();
        FunctionName function = function(address);
        boolean own = authorize(request.headers(), remoteAddress, function);
        RequestBody body = RequestBody.of(request, limits.bodyBytes());
        return new Call(
                id,
                function,
                request.prologue().method().text(),
                path,
                request.prologue().hasQuery() ? request.prologue().query().rawValue() : "",
                CallHeaders.ofRequest(request, remoteAddress, !own),
                remoteAddress,
                body,
                body.length());
    }

    private FunctionName function(String address) {
        FunctionName known = names.get(address);
        if (known != null) {
            return known;
        }
        FunctionName parsed = FunctionName.parse(address);
        if (names.size() >= NAMES) {
            names.clear();
        }
        names.put(address, parsed);
        return parsed;
    }

    /** Returns whether the request's credentials, if any, are the gateway's, so that the function must not see them. */
    private boolean authorize(Headers headers, String remoteAddress, FunctionName function) {
        Principal remembered = authenticator.remembered(headers);
        if (remembered != null && remembered.may(Role.INVOKER, function.namespace())) {
            return true;
        }
        if (isPublic(function)) {
            return authenticator.areOurs(headers, remoteAddress);
        }
        Principal principal = authenticator.require(headers, remoteAddress);
        if (!principal.may(Role.INVOKER, function.namespace())) {
            throw new NotFoundException("there is no function \"" + function + "\"");
        }
        return true;
    }

    private boolean isPublic(FunctionName function) {
        try {
            return engine.functions().describe(function).current().spec().publicAccess();
        } catch (NotFoundException _) {
            // what does not exist is treated like what needs credentials, so that strangers cannot tell them apart
            return false;
        }
    }

    /** The part of a path after the prefix up to the next slash, and what follows it. */
    record Target(String address, String path) {
        static @Nullable Target after(String prefix, String path) {
            if (!path.startsWith(prefix)) {
                return null;
            }
            int slash = path.indexOf('/', prefix.length());
            return slash < 0
                    ? new Target(path.substring(prefix.length()), "/")
                    : new Target(path.substring(prefix.length(), slash), path.substring(slash));
        }
    }
}
