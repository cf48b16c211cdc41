package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionLogs;
import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionLogs.Subscription;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.InvalidRequestException;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** What functions wrote, as lines of JSON; with {@code follow} for as long as the client stays. */
final class LogRoutes implements AutoCloseable {
    private static final Header NDJSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
    private static final int FOLLOWERS = 256;
    private static final int QUEUED_LINES = 4096;
    private static final int BUFFER = 16 << 10;

    /** An empty line this often shows whether a client that follows a silent function is still there. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);

    private static final Duration CLOSE_CHECK = Duration.ofMillis(250);

    private final FunctionLogs logs;
    private final FunctionService functions;
    private final Semaphore followers = new Semaphore(FOLLOWERS);
    private volatile boolean closed;

    LogRoutes(Engine engine) {
        this.logs = engine.logs();
        this.functions = engine.functions();
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/system/logs", Access.VIEWER, this::logs));
    }

    /** What to read. */
    private record Selection(FunctionName function, int tail, Instant since, String instance) {
        static Selection of(Exchange exchange) {
            String name = exchange.query("name", "");
            if (name.isEmpty()) {
                throw new InvalidRequestException("query parameter \"name\" must name a function");
            }
            return new Selection(
                    exchange.function(name, exchange.query("namespace", "")),
                    exchange.query("tail", -1, -1, Integer.MAX_VALUE),
                    since(exchange.query("since", "")),
                    exchange.query("instance", ""));
        }

        private static Instant since(String text) {
            if (text.isEmpty()) {
                return Instant.EPOCH;
            }
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException _) {
                throw new InvalidRequestException(
                        "query parameter \"since\" must be a time such as 2026-01-31T12:00:00Z");
            }
        }
    }

    private void logs(Exchange exchange) throws IOException {
        Selection selection = Selection.of(exchange);
        String follow = exchange.query("follow", "");
        if (!List.of("", "0", "1", "true", "false").contains(follow)) {
            throw new InvalidRequestException("query parameter \"follow\" must be true or false");
        }
        // before the reply begins, so that an unknown function is answered 404
        functions.describe(selection.function());
        if (follow.equals("1") || follow.equals("true")) {
            follow(exchange, selection);
        } else {
            read(exchange, selection);
        }
    }

    private static OutputStream begin(Exchange exchange) {
        exchange.response().status(Status.OK_200);
        exchange.response().header(NDJSON);
        return ReplyBody.of(exchange.request(), exchange.response(), -1);
    }

    private void read(Exchange exchange, Selection selection) throws IOException {
        try (OutputStream out = new BufferedOutputStream(begin(exchange), BUFFER)) {
            logs.read(
                    selection.function(),
                    selection.tail(),
                    selection.since(),
                    selection.instance(),
                    line -> write(out, line));
        } catch (UncheckedIOException e) {
            throw new IOException("the client has gone", e);
        }
    }

    private static void write(OutputStream out, Line line) {
        try {
            out.write(encode(line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] encode(Line line) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", line.function().name());
        view.put("namespace", line.function().namespace());
        view.put("instance", line.instance());
        view.put("timestamp", line.time().toString());
        view.put("stream", line.stream());
        view.put("text", line.text());
        byte[] json = Json.bytes(view);
        byte[] whole = new byte[json.length + 1];
        System.arraycopy(json, 0, whole, 0, json.length);
        whole[json.length] = '\n';
        return whole;
    }

    private void follow(Exchange exchange, Selection selection) throws IOException {
        if (!followers.tryAcquire()) {
            throw new Refusal(
                    429,
                    "too many clients follow logs; at most " + FOLLOWERS + " may",
                    Fault.retryAfter(Duration.ofSeconds(5)));
        }
        BlockingQueue<Line> queue = new ArrayBlockingQueue<>(QUEUED_LINES);
        // a client too slow for its queue loses lines
        try (OutputStream out = begin(exchange);
                Subscription _ = logs.follow(
                        selection.function(),
                        selection.tail(),
                        selection.since(),
                        selection.instance(),
                        queue::offer)) {
            pass(queue, out);
        } catch (InterruptedException _) {
            // the server closes
            Thread.currentThread().interrupt();
        } finally {
            followers.release();
        }
    }

    private void pass(BlockingQueue<Line> queue, OutputStream out) throws IOException, InterruptedException {
        out.write('\n');
        long lastWrite = System.nanoTime();
        while (!closed) {
            Line line = queue.poll(CLOSE_CHECK.toMillis(), TimeUnit.MILLISECONDS);
            if (line != null) {
                out.write(encode(line));
                lastWrite = System.nanoTime();
            } else if (System.nanoTime() - lastWrite > HEARTBEAT.toNanos()) {
                out.write('\n');
                lastWrite = System.nanoTime();
            }
        }
    }

    /** Ends the replies to those who follow. */
    @Override
    public void close() {
        closed = true;
    }
}
