package dev.instar.gateway;

import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.runtime.HeaderField;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A function's reply, passed on to the client with headers that say how it was served. */
final class FunctionReply implements Reply {
    static final HeaderName X_CALL_ID = HeaderNames.create("X-Call-Id");
    private static final HeaderName X_START_TIME = HeaderNames.create("X-Start-Time");
    private static final HeaderName X_START = HeaderNames.create("X-Instar-Start");
    private static final HeaderName X_QUEUE = HeaderNames.create("X-Instar-Queue-Ms");
    private static final HeaderName X_STARTING = HeaderNames.create("X-Instar-Start-Ms");
    private static final HeaderName X_PHASES = HeaderNames.create("X-Instar-Start-Phases");
    private static final HeaderName X_HANDLER = HeaderNames.create("X-Instar-Handler-Ms");
    private static final HeaderName X_INSTANCE = HeaderNames.create("X-Instar-Instance");
    private static final HeaderName X_VERSION = HeaderNames.create("X-Instar-Version");

    private final ServerRequest request;
    private final ServerResponse response;
    private final String callId;
    private final String startTime;
    private @Nullable ReplyBody body;

    FunctionReply(ServerRequest request, ServerResponse response, String callId) {
        this.request = request;
        this.response = response;
        this.callId = callId;
        // nanoseconds since the epoch, as OpenFaaS has it
        this.startTime = System.currentTimeMillis() + "000000";
    }

    @Override
    public OutputStream begin(int status, List<HeaderField> headers, ServedBy servedBy, long bodyLength)
            throws IOException {
        if (status < 200 || status > 599) {
            throw new InstanceFailedException(
                    "the function replied with the status " + status + "; it must be from 200 to 599");
        }
        ServerResponseHeaders to = response.headers();
        boolean head = request.prologue().method().equals(Method.HEAD);
        CallHeaders.toResponse(headers, to, head && bodyLength <= 0);
        identify();
        to.set(HeaderValues.create(X_START, servedBy.start().word()));
        to.set(HeaderValues.create(X_QUEUE, millis(servedBy.queueNanos())));
        to.set(HeaderValues.create(X_STARTING, millis(servedBy.startNanos())));
        if (!servedBy.startPhaseNanos().isEmpty()) {
            to.set(HeaderValues.create(X_PHASES, phases(servedBy.startPhaseNanos())));
        }
        to.set(HeaderValues.create(X_HANDLER, millis(servedBy.handlerNanos())));
        to.set(HeaderValues.create(X_INSTANCE, servedBy.instance()));
        to.set(HeaderValues.create(X_VERSION, Integer.toString(servedBy.version())));
        response.status(Status.create(status));
        long shown = head && to.contains(HeaderNames.CONTENT_LENGTH) ? -1 : bodyLength;
        ReplyBody begun = ReplyBody.of(request, response, shown);
        body = begun;
        return begun;
    }

    /** Sets the headers that replies and errors share. */
    void identify() {
        response.headers().set(HeaderValues.create(X_CALL_ID, callId));
        response.headers().set(HeaderValues.create(X_START_TIME, startTime));
    }

    /** Whether something may have reached the client, so that it is too late for an error reply. */
    boolean committed() {
        return body != null && body.committed();
    }

    /** {@code name=milliseconds} separated by commas. */
    private static String phases(Map<String, Long> nanos) {
        StringBuilder text = new StringBuilder();
        nanos.forEach((name, value) ->
                text.append(text.isEmpty() ? "" : ",").append(name).append('=').append(millis(value)));
        return text.toString();
    }

    /** Milliseconds with three decimals. */
    static String millis(long nanos) {
        long micros = Math.max(0, nanos) / 1000;
        int fraction = (int) (micros % 1000);
        StringBuilder text = new StringBuilder(12).append(micros / 1000).append('.');
        if (fraction < 100) {
            text.append('0');
        }
        if (fraction < 10) {
            text.append('0');
        }
        return text.append(fraction).toString();
    }
}
