package dev.instar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
    private final AtomicInteger served = new AtomicInteger();
    private ExecutorService threads;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        threads = Executors.newVirtualThreadPerTaskExecutor();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/echo", exchange -> reply(exchange, 200, true));
        server.createContext("/chunked", exchange -> reply(exchange, 200, false));
        server.createContext("/broken", exchange -> reply(exchange, 502, true));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.close();
    }

    private void reply(HttpExchange exchange, int status, boolean lengthKnown) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().add("X-Instar-Queue-Ms", "0.250");
        exchange.getResponseHeaders().add("X-Instar-Handler-Ms", "1.5");
        boolean authorized = "Bearer t".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        // Before the answer: the caller may have counted it before this thread goes on.
        served.incrementAndGet();
        exchange.sendResponseHeaders(authorized ? status : 401, lengthKnown ? body.length : 0);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private CallLoad load(String path, int connections) {
        return new CallLoad(
                server.getAddress(),
                "Bearer t",
                path,
                "hello".getBytes(StandardCharsets.UTF_8),
                connections,
                Duration.ZERO,
                Duration.ofMillis(300));
    }

    @Test
    void countsEveryCallAndReadsThePhases() throws Exception {
        LoadGenerator.Outcome outcome = LoadGenerator.run(load("/echo", 3));
        assertThat(outcome.count()).isEqualTo(served.get()).isPositive();
        assertThat(outcome.failed()).isZero();
        assertThat(outcome.total().min())
                .isPositive()
                .isLessThanOrEqualTo(outcome.total().max());
        assertThat(outcome.phases().get("queue").p50()).isBetween(0.249, 0.251);
        assertThat(outcome.phases().get("handler").max()).isBetween(1.499, 1.502);
        assertThat(outcome.phases()).doesNotContainKey("start");
    }

    @Test
    void readsChunkedReplies() throws Exception {
        LoadGenerator.Outcome outcome = LoadGenerator.run(load("/chunked", 1));
        assertThat(outcome.count()).isEqualTo(served.get()).isGreaterThan(1);
        assertThat(outcome.failed()).isZero();
    }

    @Test
    void countsErrorsApart() throws Exception {
        LoadGenerator.Outcome outcome = LoadGenerator.run(load("/broken", 2));
        assertThat(outcome.count()).isZero();
        assertThat(outcome.failed()).isEqualTo(served.get()).isPositive();
        assertThat(outcome.failures()).singleElement().satisfies(group -> {
            assertThat(group.kind()).startsWith("status 5");
            assertThat(group.count()).isEqualTo(outcome.failed());
            assertThat(group.first()).containsOnly("hello").hasSizeLessThanOrEqualTo(3);
        });
    }

    @Test
    void saysWhenNobodyListens() {
        server.stop(0);
        assertThatThrownBy(() -> LoadGenerator.run(load("/echo", 1))).isInstanceOf(IOException.class);
    }
}
