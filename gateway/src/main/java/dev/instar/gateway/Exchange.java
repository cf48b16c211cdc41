package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A management request, who makes it, and its answer. Used by one thread. */
final class Exchange {
    /** The type of a body of any bytes. */
    static final String BINARY = "application/octet-stream";

    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
    private static final Header NO_STORE = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

    private final ServerRequest request;
    private final ServerResponse response;
    private final Map<String, String> parameters;
    private final @Nullable Principal principal;
    private final GatewayLimits limits;

    Exchange(
            ServerRequest request,
            ServerResponse response,
            Map<String, String> parameters,
            @Nullable Principal principal,
            GatewayLimits limits) {
        this.request = request;
        this.response = response;
        this.parameters = parameters;
        this.principal = principal;
        this.limits = limits;
    }

    ServerRequest request() {
        return request;
    }

    ServerResponse response() {
        return response;
    }

    /** Who makes the request. */
    Principal principal() {
        if (principal == null) {
            throw new IllegalStateException("an open route knows no principal");
        }
        return principal;
    }

    /** A parameter of the path. */
    String parameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no parameter " + name);
        }
        return value;
    }

    /** A query parameter's last value, or {@code otherwise}. */
    String query(String name, String otherwise) {
        return request.query().contains(name) ? request.query().get(name) : otherwise;
    }

    /** @throws InvalidRequestException if it is not an integer within the bounds */
    int query(String name, int otherwise, int minimum, int maximum) {
        String text = query(name, "");
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= minimum && value <= maximum) {
                return value;
            }
        } catch (NumberFormatException _) {
            // answered below, like a number out of range
        }
        throw new InvalidRequestException(
                "query parameter \"" + name + "\" must be an integer from " + minimum + " to " + maximum);
    }

    /**
     * Refuses a body of another type; one that is not said is taken for right.
     *
     * @param what what the body must be
     * @throws Refusal 415
     */
    void requireType(Set<String> accepted, String what) {
        String type = request.headers()
                .first(HeaderNames.CONTENT_TYPE)
                .orElse(BINARY)
                .strip()
                .toLowerCase(Locale.ROOT);
        if (!accepted.contains(type)) {
            throw new Refusal(415, "the body must be " + what + " (" + BINARY + "), not " + type);
        }
    }

    /** The namespace meant: the one named, else the caller's only one, else the default one. */
    String namespaceOr(@Nullable String named) {
        if (named != null && !named.isEmpty()) {
            return named;
        }
        String own = principal().namespace();
        return own.isEmpty() ? FunctionName.DEFAULT_NAMESPACE : own;
    }

    /** The namespace of the query, after checking that the caller may see it. */
    String visibleNamespace() {
        return visible(namespaceOr(query("namespace", "")));
    }

    /** @throws NotFoundException if the namespace is not the caller's: nothing of another tenant shows */
    String visible(String namespace) {
        FunctionName.requireLabel("namespace", namespace);
        String own = principal().namespace();
        if (!own.isEmpty() && !own.equals(namespace)) {
            throw new NotFoundException("there is no namespace \"" + namespace + "\"");
        }
        return namespace;
    }

    /** A function addressed as {@code NAME} with a namespace beside it, or as {@code NAME.NAMESPACE}. */
    FunctionName function(String address, @Nullable String namespace) {
        FunctionName name = address.indexOf('.') >= 0
                ? FunctionName.parse(address)
                : new FunctionName(namespaceOr(namespace), address);
        visible(name.namespace());
        return name;
    }

    /** The function that the path's {@code name} and the query's {@code namespace} address. */
    FunctionName pathFunction() {
        return function(parameter("name"), query("namespace", ""));
    }

    /**
     * The JSON body.
     *
     * @throws Refusal 415 if it is declared to be something else
     * @throws InvalidRequestException naming the field that is wrong
     */
    byte[] document() throws IOException {
        if (request.headers().contains(HeaderNames.CONTENT_TYPE)) {
            String type = request.headers().get(HeaderNames.CONTENT_TYPE).get();
            int semicolon = type.indexOf(';');
            String bare = (semicolon < 0 ? type : type.substring(0, semicolon)).strip();
            if (!bare.equalsIgnoreCase("application/json")) {
                throw new Refusal(415, "the body must be application/json, not " + bare);
            }
        }
        try (RequestBody body = RequestBody.of(request, limits.documentBytes())) {
            return body.readAllBytes();
        }
    }

    /** The JSON body as a record. */
    <T> T document(Class<T> type) throws IOException {
        return Json.read(document(), type);
    }

    void status(int status) throws IOException {
        send(status, JSON, new byte[0]);
    }

    void json(int status, Object value) throws IOException {
        send(status, JSON, Json.bytes(value));
    }

    void send(int status, Header contentType, byte[] body) throws IOException {
        response.status(Status.create(status));
        response.header(NO_STORE);
        if (body.length > 0) {
            response.header(contentType);
        }
        ReplyBody.sendWhole(request, response, body, body.length);
    }
}
