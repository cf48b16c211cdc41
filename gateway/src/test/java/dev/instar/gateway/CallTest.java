package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.Call;
import dev.instar.engine.ConflictException;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.EngineException;
import dev.instar.engine.Header;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.Reply;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StorageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CallTest {
    private static final int LIMIT = 100_000;

    private final ConcurrentLinkedDeque<Call> seen = new ConcurrentLinkedDeque<>();
    private Gateway gateway;

    @BeforeAll
    void start() {
        gateway = Gateway.start(settings -> settings.withLimits(GatewayLimits.DEFAULT.withBodyBytes(LIMIT)));
        gateway.engine.install("echo", false, (call, reply) -> {
            seen.add(call);
            MemoryEngine.echo(call, reply);
        });
    }

    @AfterAll
    void stop() {
        gateway.close();
    }

    private Map<String, List<String>> headersSeen() {
        return seen.getLast().headers().stream()
                .collect(Collectors.groupingBy(
                        header -> header.name().toLowerCase(Locale.ROOT),
                        Collectors.mapping(Header::value, Collectors.toList())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PURGE"})
    void passesEveryMethodThrough(String method) {
        HttpResponse<String> response =
                gateway.send(gateway.admin("/function/echo").method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(seen.getLast().method()).isEqualTo(method);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/function/echo|/|",
                "/function/echo/|/|",
                "/function/echo.default/a/b|/a/b|",
                "/function/echo/a%20b;c=d/../e%2Ff|/a%20b;c=d/../e%2Ff|",
                "/function/echo?|/|",
                "/function/echo/x?q=1&q=%202&r|/x|q=1&q=%202&r"
            })
    void passesPathAndQueryAsTheyCame(String example) throws IOException {
        String[] parts = example.split("\\|", -1);
        try (RawClient client = gateway.raw()) {
            client.send("GET " + parts[0] + " HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }

        assertThat(seen.getLast().path()).isEqualTo(parts[1]);
        assertThat(seen.getLast().query()).isEqualTo(parts[2]);
    }

    @Test
    void passesHeadersThroughWithoutThoseOfTheConnection() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("GET /function/echo HTTP/1.1\r\nHost: shop.example:8080\r\nAuthorization: " + Gateway.ADMIN
                    + "\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
                    + "Proxy-Authorization: x\r\nUpgrade: h2c\r\nX-Multi: a\r\nX-Multi: b\r\nX-CaSe: Kept\r\n"
                    + "X-Forwarded-For: 203.0.113.9\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }

        Map<String, List<String>> headers = headersSeen();
        assertThat(headers)
                .doesNotContainKeys(
                        "connection",
                        "x-hop",
                        "keep-alive",
                        "te",
                        "proxy-authorization",
                        "upgrade",
                        "host",
                        "authorization");
        assertThat(headers.get("x-multi")).containsExactly("a", "b");
        assertThat(headers.get("x-forwarded-for")).containsExactly("203.0.113.9, 127.0.0.1");
        assertThat(headers.get("x-forwarded-host")).containsExactly("shop.example:8080");
        assertThat(headers.get("x-forwarded-proto")).containsExactly("http");
        assertThat(seen.getLast().headers()).contains(new Header("X-CaSe", "Kept"));
        assertThat(seen.getLast().remoteAddress()).isEqualTo("127.0.0.1");
    }

    @Test
    void passesAValidTraceContextOnAndMakesOneOtherwise() {
        String given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        gateway.send(
                gateway.admin("/function/echo").header("traceparent", given).header("tracestate", "a=b"));
        assertThat(headersSeen().get("traceparent")).containsExactly(given);
        assertThat(headersSeen().get("tracestate")).containsExactly("a=b");

        gateway.send(gateway.admin("/function/echo")
                .header("traceparent", "00-nonsense")
                .header("tracestate", "a=b"));
        assertThat(headersSeen().get("traceparent"))
                .singleElement()
                .satisfies(made -> assertThat(CallIds.isTraceParent(made)).isTrue());
        assertThat(headersSeen()).doesNotContainKey("tracestate");
    }

    @Test
    void saysHowTheCallWasServed() {
        HttpResponse<String> response = gateway.send(gateway.admin("/function/echo"));

        Map<String, List<String>> headers = response.headers().map();
        assertThat(headers.get("X-Call-Id")).containsExactly(seen.getLast().id());
        assertThat(response.headers().firstValue("X-Start-Time").orElseThrow()).matches("\\d{19}");
        assertThat(headers.get("X-Instar-Start")).containsExactly("warm");
        assertThat(headers.get("X-Instar-Queue-Ms")).containsExactly("0.001");
        assertThat(headers.get("X-Instar-Start-Ms")).containsExactly("0.000");
        assertThat(headers.get("X-Instar-Handler-Ms")).containsExactly("2.345");
        assertThat(headers.get("X-Instar-Instance")).containsExactly("i-1");
        assertThat(headers.get("X-Instar-Version")).containsExactly("1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 65_536, 65_537, LIMIT - 1, LIMIT})
    void echoesBinaryBodiesOfKnownLength(int length) {
        byte[] body = random(length);
        HttpResponse<byte[]> response = gateway.send(
                gateway.admin("/function/echo").POST(BodyPublishers.ofByteArray(body)), BodyHandlers.ofByteArray());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
        assertThat(seen.getLast().bodyLength()).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_537, LIMIT})
    void echoesChunkedBodies(int length) {
        byte[] body = random(length);
        HttpResponse<byte[]> response = gateway.send(
                gateway.admin("/function/echo")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))),
                BodyHandlers.ofByteArray());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
        assertThat(seen.getLast().bodyLength()).isEqualTo(-1);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void refusesABodyOneByteTooLarge() {
        byte[] body = random(LIMIT + 1);
        HttpResponse<String> declared =
                gateway.send(gateway.admin("/function/echo").POST(BodyPublishers.ofByteArray(body)));
        HttpResponse<String> chunked = gateway.send(gateway.admin("/function/echo")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));

        assertThat(List.of(declared, chunked)).allSatisfy(response -> {
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(Gateway.json(response).path("error").asString()).contains("limit of " + LIMIT);
            assertThat(Gateway.json(response).path("status").asInt()).isEqualTo(413);
            assertThat(response.headers().firstValue("X-Call-Id"))
                    .hasValue(Gateway.json(response).path("callId").asString());
        });
    }

    @Test
    void doesNotKeepAChunkThatIsLargerThanTheLimit() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
            byte[] part = new byte[1 << 16];
            String reply = "";
            try {
                // the gateway must give up long before the chunk's 2 GiB
                for (int i = 0; i < 1000; i++) {
                    client.send(part);
                }
            } catch (IOException _) {
                reply = "closed";
            }
            reply += client.readToEnd();
            assertThat(reply)
                    .satisfiesAnyOf(
                            text -> assertThat(text).startsWith("HTTP/1.1 413 "),
                            text -> assertThat(text).startsWith("closed"));
        }
        assertThat(gateway.send(gateway.admin("/function/echo")).statusCode()).isEqualTo(200);
    }

    @Test
    void sendsContinueOnlyForABodyItWants() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                    + "Authorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            client.send("abc");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(client.read(3)).isEqualTo("abc");
        }
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
                    + (LIMIT + 1) + "\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void passesContentEncodingsThroughUntouched() {
        HttpResponse<String> response = gateway.send(gateway.admin("/function/echo")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("not really gzip")));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("not really gzip");
        assertThat(headersSeen().get("content-encoding")).containsExactly("gzip");
    }

    @Test
    void passesReplyStatusAndHeadersThrough() {
        gateway.engine.install("reply", false, (call, reply) -> {
            List<Header> headers = MemoryEngine.headers(
                    "Content-Type",
                    "text/x",
                    "Set-Cookie",
                    "a=1",
                    "Set-Cookie",
                    "b=2",
                    "Connection",
                    "close",
                    "Content-Length",
                    "99",
                    "Transfer-Encoding",
                    "gzip",
                    "X-Call-Id",
                    "forged");
            try (OutputStream out = reply.begin(418, headers, MemoryEngine.SERVED, 3)) {
                out.write("tea".getBytes(StandardCharsets.UTF_8));
            }
        });

        HttpResponse<String> response = gateway.send(gateway.admin("/function/reply"));

        assertThat(response.statusCode()).isEqualTo(418);
        assertThat(response.body()).isEqualTo("tea");
        assertThat(response.headers().allValues("Set-Cookie")).containsExactly("a=1", "b=2");
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/x");
        assertThat(response.headers().map()).doesNotContainKeys("Connection", "Transfer-Encoding");
        assertThat(response.headers().allValues("X-Call-Id")).hasSize(1).doesNotContain("forged");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void repliesWithoutBodyWhereTheStatusHasNone(int status) throws IOException {
        gateway.engine.install(
                "empty",
                false,
                (call, reply) ->
                        reply.begin(status, List.of(), MemoryEngine.SERVED, 0).close());
        try (RawClient client = gateway.raw()) {
            client.send("GET /function/empty HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: "
                    + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 " + status).endsWith("\r\n\r\n");
        }
    }

    @Test
    void answersHeadWithLengthAndWithoutBody() throws IOException {
        gateway.engine.install("page", false, (call, reply) -> {
            try (OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, 5)) {
                out.write(new byte[] {1, 2, 3, 4, 5});
            }
        });
        try (RawClient client = gateway.raw()) {
            String request = "HEAD /function/page HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN;
            client.send(request + "\r\n\r\n");
            assertThat(client.readHead()).contains("Content-Length: 5\r\n");
            client.send(request + "\r\nConnection: close\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n");
        }
    }

    @Test
    void streamsAReplyAsItComes() throws Exception {
        CountDownLatch firstSeen = new CountDownLatch(1);
        gateway.engine.install("stream", false, (call, reply) -> {
            try (OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, -1)) {
                out.write('a');
                out.write(new byte[0]);
                await(firstSeen);
                out.write(random(200_000));
            }
        });

        HttpResponse<InputStream> response =
                gateway.send(gateway.admin("/function/stream"), BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            assertThat(body.read()).isEqualTo('a');
            firstSeen.countDown();
            assertThat(body.readAllBytes()).isEqualTo(random(200_000));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 300_000, 10})
    void showsAReplyThatBreaksOffAsBroken(long declared) {
        gateway.engine.install("broken", false, (call, reply) -> {
            OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, declared);
            out.write('a');
            out.flush();
            throw new IOException("the instance died");
        });

        assertThatThrownBy(() -> gateway.send(gateway.admin("/function/broken")))
                .isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void refusesRepliesThatBreakTheProtocol() {
        record Bad(int status, List<Header> headers) {}
        List<Bad> bads = List.of(
                new Bad(99, List.of()),
                new Bad(100, List.of()),
                new Bad(600, List.of()),
                new Bad(200, MemoryEngine.headers("X", "a\r\nInjected: b")),
                new Bad(200, MemoryEngine.headers("X: y\r\nInjected", "b")),
                new Bad(200, MemoryEngine.headers("", "b")));
        for (Bad bad : bads) {
            gateway.engine.install(
                    "bad",
                    false,
                    (call, reply) -> reply.begin(bad.status(), bad.headers(), MemoryEngine.SERVED, 0)
                            .close());
            HttpResponse<String> response = gateway.send(gateway.admin("/function/bad"));
            assertThat(response.statusCode()).as("%s", bad).isEqualTo(502);
            assertThat(response.headers().firstValue("Injected")).isEmpty();
        }
    }

    @Test
    void answersErrorsOfTheEngineWithTheirStatus() {
        Map<EngineException, Integer> statuses = Map.of(
                new InvalidRequestException("bad"), 400,
                new ConflictException("conflict"), 409,
                new QuotaExceededException("too fast"), 429,
                new OverloadedException("queue full", false, Duration.ofMillis(2500)), 429,
                new OverloadedException("node full", true, Duration.ofSeconds(7)), 503,
                new InstanceFailedException("it crashed"), 502,
                new StartFailedException("init", "no module", new IllegalStateException()), 502,
                new DeadlineExceededException("too slow"), 504,
                new StorageException("disk full"), 507);
        statuses.forEach((failure, status) -> {
            gateway.engine.install("failing", false, (call, reply) -> {
                throw failure;
            });
            HttpResponse<String> response = gateway.send(gateway.admin("/function/failing"));
            assertThat(response.statusCode()).as("%s", failure).isEqualTo(status);
            assertThat(Gateway.json(response).path("error").asString()).isEqualTo(failure.getMessage());
            assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(response.headers().firstValue("Retry-After").isPresent())
                    .isEqualTo(status == 429 || status == 503);
        });
        gateway.engine.install("failing", false, (call, reply) -> {
            throw new OverloadedException("queue full", false, Duration.ofMillis(2500));
        });
        assertThat(gateway.send(gateway.admin("/function/failing")).headers().firstValue("Retry-After"))
                .hasValue("3");
    }

    @Test
    void tellsAnErrorEvenAfterTheReplyWasBegunIfNothingWasSent() {
        gateway.engine.install("late", false, (call, reply) -> {
            reply.begin(200, MemoryEngine.headers("X-Stale", "1"), MemoryEngine.SERVED, 10)
                    .write('a');
            throw new InstanceFailedException("it crashed");
        });

        HttpResponse<String> response = gateway.send(gateway.admin("/function/late"));

        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(response.headers().firstValue("X-Stale")).isEmpty();
    }

    @Test
    void hidesWhatNobodyExpectedBehindAnId() {
        gateway.engine.install("bug", false, (call, reply) -> {
            throw new IllegalStateException("internal detail");
        });

        HttpResponse<String> response = gateway.send(gateway.admin("/function/bug"));

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).doesNotContain("internal detail");
        assertThat(response.body())
                .contains(response.headers().firstValue("X-Call-Id").orElseThrow());
    }

    @Test
    void answersOddAddresses() {
        assertThat(gateway.send(gateway.admin("/function/absent")).statusCode()).isEqualTo(404);
        assertThat(gateway.send(gateway.admin("/function/")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function/UPPER")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function/a.b.c")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function")).statusCode()).isEqualTo(404);
    }

    @Test
    void keepsTheConnectionAfterErrorsAndUnreadBodies() throws IOException {
        gateway.engine.install("deaf", false, CallTest::ignoreBody);
        try (RawClient client = gateway.raw()) {
            for (String function : List.of("deaf", "absent", "deaf")) {
                client.send("POST /function/" + function + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                        + "Authorization: " + Gateway.ADMIN + "\r\n\r\nabcde");
                String head = client.readHead();
                assertThat(head).startsWith(function.equals("deaf") ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
                int length = Integer.parseInt(head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
                client.read(length);
            }
        }
    }

    private static void ignoreBody(Call call, Reply reply) throws IOException {
        reply.begin(200, List.of(), MemoryEngine.SERVED, 0).close();
    }

    @Test
    void noticesAClientThatGoesAwayInTheMiddleOfAReply() throws Exception {
        CountDownLatch noticed = new CountDownLatch(1);
        gateway.engine.install("endless", false, (call, reply) -> {
            try (OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, -1)) {
                while (true) {
                    out.write(new byte[10_000]);
                }
            } catch (IOException e) {
                noticed.countDown();
                throw e;
            }
        });
        try (RawClient client = gateway.raw()) {
            client.send("GET /function/endless HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            client.readHead();
        }
        await(noticed);
    }
}
