package dev.instar.gateway;

import dev.instar.engine.Call;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.runtime.HeaderField;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls in the form of AWS Lambda's {@code Invoke}; the request's credentials are the gateway's, not AWS's. */
final class LambdaRoutes {
    private static final String INVOCATIONS = "/2015-03-31/functions/{name}/invocations";
    private static final HeaderName INVOCATION_TYPE = HeaderNames.create("X-Amz-Invocation-Type");
    private static final HeaderName LOG_TYPE = HeaderNames.create("X-Amz-Log-Type");
    private static final HeaderName LOG_RESULT = HeaderNames.create("X-Amz-Log-Result");
    private static final HeaderName FUNCTION_ERROR = HeaderNames.create("X-Amz-Function-Error");
    private static final HeaderName EXECUTED_VERSION = HeaderNames.create("X-Amz-Executed-Version");
    private static final HeaderName ERROR_TYPE = HeaderNames.create("X-Amzn-ErrorType");
    /** Tells the engine the form of the event. */
    private static final String EVENT = "X-Instar-Event";

    /** Marks the engine's account of an error in the handler. */
    private static final String HANDLER_ERROR = "X-Instar-Error";

    private static final int LOG_BYTES = 4096;
    private static final int LOG_LINES = 200;

    private final Engine engine;
    private final Calls calls;

    LambdaRoutes(Engine engine, Calls calls) {
        this.engine = engine;
        this.calls = calls;
    }

    List<Route> routes() {
        return List.of(new Route("POST", INVOCATIONS, Access.INVOKER, this::invoke));
    }

    private void invoke(Exchange exchange) throws IOException {
        ServerRequest request = exchange.request();
        ServerResponse response = exchange.response();
        String id = calls.nextId();
        LambdaReply reply = new LambdaReply(request, response, id, exchange.parameter("name"));
        try {
            Call call = withRawEvent(calls.of(request, id, exchange.parameter("name"), "/"));
            switch (type(request)) {
                case "requestresponse" -> engine.invoker().invoke(call, reply);
                case "event" -> {
                    engine.async().enqueue(call, "");
                    answer(request, response, id, 202, new byte[0]);
                }
                case "dryrun" -> {
                    engine.functions().describe(call.function());
                    answer(request, response, id, 204, new byte[0]);
                }
                default ->
                    throw new InvalidRequestException("X-Amz-Invocation-Type must be RequestResponse, Event or DryRun");
            }
        } catch (CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            if (reply.committed()) {
                throw new CloseConnectionException("the reply broke off", e);
            }
            response.headers().clear();
            fail(request, response, id, e);
        }
    }

    /** The handler's event is the body itself, not a description of an HTTP request. */
    private static Call withRawEvent(Call call) {
        List<HeaderField> headers = new ArrayList<>(call.headers());
        headers.removeIf(header -> header.name().equalsIgnoreCase(EVENT));
        headers.add(new HeaderField(EVENT, "raw"));
        return new Call(
                call.id(),
                call.function(),
                call.method(),
                call.path(),
                call.query(),
                headers,
                call.remoteAddress(),
                call.body(),
                call.bodyLength());
    }

    private static String type(ServerRequest request) {
        return header(request, INVOCATION_TYPE, "RequestResponse").toLowerCase(Locale.ROOT);
    }

    private static String header(ServerRequest request, HeaderName name, String otherwise) {
        return request.headers().contains(name) ? request.headers().get(name).get() : otherwise;
    }

    private static void answer(ServerRequest request, ServerResponse response, String id, int status, byte[] body)
            throws IOException {
        response.status(Status.create(status));
        response.header(HeaderValues.create(FunctionReply.X_CALL_ID, id));
        ReplyBody.sendWhole(request, response, body, body.length);
    }

    /** A function that failed is an answer; a call that could not be made is an error. */
    private static void fail(ServerRequest request, ServerResponse response, String id, RuntimeException e)
            throws IOException {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        Map<String, Object> body = new LinkedHashMap<>();
        if (e instanceof InstanceFailedException || e instanceof DeadlineExceededException) {
            response.header(HeaderValues.create(FUNCTION_ERROR, "Unhandled"));
            body.put("errorMessage", e.getMessage());
            body.put("errorType", e instanceof DeadlineExceededException ? "Sandbox.Timedout" : "Runtime.Unhandled");
            answer(request, response, id, 200, Json.bytes(body));
            return;
        }
        Fault fault = Fault.of(e, true, id);
        fault.headers().forEach(response::header);
        response.header(HeaderValues.create(ERROR_TYPE, errorType(fault.status())));
        body.put("Type", fault.status() < 500 ? "User" : "Service");
        body.put("Message", fault.message());
        answer(request, response, id, fault.status(), Json.bytes(body));
    }

    private static String errorType(int status) {
        return switch (status) {
            case 400 -> "InvalidParameterValueException";
            case 401 -> "UnrecognizedClientException";
            case 403 -> "AccessDeniedException";
            case 404 -> "ResourceNotFoundException";
            case 413 -> "RequestTooLargeException";
            case 429 -> "TooManyRequestsException";
            default -> "ServiceException";
        };
    }

    /** The reply of a function in Lambda's form: the handler's result with the status 200. */
    private final class LambdaReply implements Reply {
        private final ServerRequest request;
        private final ServerResponse response;
        private final String id;
        private final String address;
        private final Instant began = Instant.now();
        private @Nullable ReplyBody body;

        LambdaReply(ServerRequest request, ServerResponse response, String id, String address) {
            this.request = request;
            this.response = response;
            this.id = id;
            this.address = address;
        }

        @Override
        public OutputStream begin(int status, List<HeaderField> headers, ServedBy servedBy, long bodyLength) {
            response.header(HeaderValues.create(FunctionReply.X_CALL_ID, id));
            response.header(HeaderValues.create(EXECUTED_VERSION, Integer.toString(servedBy.version())));
            if (header(request, LOG_TYPE, "None").equalsIgnoreCase("Tail")) {
                response.header(HeaderValues.create(LOG_RESULT, logTail(servedBy.instance())));
            }
            response.status(Status.OK_200);
            if (status >= 400) {
                response.header(HeaderValues.create(FUNCTION_ERROR, "Unhandled"));
            }
            if (headers.stream().anyMatch(header -> header.name().equalsIgnoreCase(HANDLER_ERROR))) {
                return new HandlerError();
            }
            List<HeaderField> contentType = headers.stream()
                    .filter(header -> header.name().equalsIgnoreCase("Content-Type"))
                    .limit(1)
                    .toList();
            CallHeaders.toResponse(contentType, response.headers(), false);
            response.headers().setIfAbsent(HeaderValues.CONTENT_TYPE_JSON);
            ReplyBody begun = ReplyBody.of(request, response, bodyLength);
            body = begun;
            return begun;
        }

        boolean committed() {
            return body != null && body.committed();
        }

        private String logTail(String instance) {
            StringBuilder text = new StringBuilder();
            engine.logs()
                    .read(
                            FunctionName.parse(address),
                            LOG_LINES,
                            began,
                            instance,
                            line -> text.append(line.text()).append('\n'));
            byte[] all = text.toString().getBytes(StandardCharsets.UTF_8);
            byte[] last = all.length <= LOG_BYTES ? all : Arrays.copyOfRange(all, all.length - LOG_BYTES, all.length);
            return Base64.getEncoder().encodeToString(last);
        }

        /** The engine's account of what the handler threw, put into Lambda's words. */
        private final class HandlerError extends ByteArrayOutputStream {
            @Override
            public void close() throws IOException {
                Thrown thrown = Json.read(toByteArray(), Thrown.class);
                Map<String, Object> error = new LinkedHashMap<>();
                error.put("errorMessage", thrown.message() == null ? "" : thrown.message());
                error.put("errorType", thrown.type() == null ? "" : thrown.type());
                byte[] bytes = Json.bytes(error);
                response.headers().setIfAbsent(HeaderValues.CONTENT_TYPE_JSON);
                ReplyBody begun = ReplyBody.of(request, response, bytes.length);
                body = begun;
                begun.write(bytes);
                begun.close();
            }
        }
    }

    /** The engine's account of an error in the handler. */
    record Thrown(
            @Nullable String type,
            @Nullable String message,
            @Nullable String callId) {}
}
