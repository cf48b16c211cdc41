package dev.instar.gateway;

import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes errors as {@code {"error":…,"status":…,"callId":…}}. */
final class ErrorReply {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    private ErrorReply() {}

    static void send(ServerRequest request, ServerResponse response, Fault fault, String id) {
        response.status(Status.create(fault.status()));
        response.header(JSON);
        fault.headers().forEach(response::header);
        byte[] body = body(fault.status(), fault.message(), id);
        try {
            ReplyBody.sendWhole(request, response, body, body.length);
        } catch (IOException e) {
            throw new CloseConnectionException("the client went away", e);
        }
    }

    private static byte[] body(int status, String message, String id) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("error", message);
        document.put("status", status);
        if (!id.isEmpty()) {
            document.put("callId", id);
        }
        return Json.bytes(document);
    }

    /** Errors that Helidon finds before a request reaches a route, in the same form. */
    static DirectHandlers beforeRouting() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, ErrorReply::malformed);
        }
        return handlers.build();
    }

    private static DirectHandler.TransportResponse malformed(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status status,
            ServerResponseHeaders headers,
            @Nullable String message) {
        // What cannot be parsed is the client's doing, also where the parser did not expect it.
        Status answered = status.code() < 500 || status.code() == 503 ? status : Status.BAD_REQUEST_400;
        DirectHandler.TransportResponse.Builder response = DirectHandler.TransportResponse.builder()
                .status(answered)
                .keepAlive(false)
                .header(JSON)
                .header(HeaderValues.CONNECTION_CLOSE);
        if (answered.code() == 503) {
            response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, "1"));
        }
        String text = answered.code() == 503
                ? "the gateway is serving as many requests as it may; try again"
                : "malformed HTTP request: " + (message == null ? answered.reasonPhrase() : message);
        return response.entity(body(answered.code(), text, "")).build();
    }
}
