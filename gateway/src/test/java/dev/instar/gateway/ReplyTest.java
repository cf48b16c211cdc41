package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.ConflictException;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.EngineException;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StorageException;
import dev.instar.runtime.HeaderField;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How replies and errors of functions reach the client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReplyTest {
    private Gateway gateway;

    @BeforeAll
    void start() {
        gateway = Gateway.start();
    }

    @AfterAll
    void stop() {
        gateway.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void passesReplyStatusAndHeadersThrough() {
        gateway.engine.install("reply", false, (call, reply) -> {
            List<HeaderField> headers = MemoryEngine.headers(
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
        record Bad(int status, List<HeaderField> headers) {}
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
