package dev.instar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeldCallsTest {
    private static final int CALLS = 40;

    /** Calls that have taken an instance. */
    private final AtomicInteger holding = new AtomicInteger();

    private final AtomicInteger instances = new AtomicInteger();
    private ExecutorService threads;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        threads = Executors.newVirtualThreadPerTaskExecutor();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/alike", exchange -> reply(exchange, 200, "same"));
        server.createContext("/unlike", exchange -> reply(exchange, 200, null));
        server.createContext("/broken", exchange -> reply(exchange, 500, "same"));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.close();
    }

    /** Takes an instance when all but the end of the body is there, as a gateway does. */
    private void reply(HttpExchange exchange, int status, String text) throws IOException {
        String instance = "i" + instances.incrementAndGet();
        InputStream body = exchange.getRequestBody();
        body.readNBytes(HeldCalls.SHORTEST_BODY - 1);
        holding.incrementAndGet();
        body.readAllBytes();
        exchange.getResponseHeaders().add("X-Instar-Instance", instance);
        byte[] answer = (text == null ? instance : text).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private HeldCalls.Outcome run(String path) throws InterruptedException {
        CallLoad load = new CallLoad(
                server.getAddress(),
                "Bearer t",
                path,
                new byte[HeldCalls.SHORTEST_BODY],
                CALLS,
                Duration.ZERO,
                Duration.ZERO);
        return HeldCalls.run(load, "text/plain", () -> holding.get() == CALLS, Duration.ofSeconds(30));
    }

    @Test
    void everyCallHoldsAnInstanceBeforeTheFirstIsAnswered() throws InterruptedException {
        assertThat(run("/alike")).isEqualTo(new HeldCalls.Outcome(CALLS, 0, CALLS, CALLS, true, List.of()));
    }

    @Test
    void answersThatDifferShow() throws InterruptedException {
        assertThat(run("/unlike").alike()).isEqualTo(1);
    }

    @Test
    void failuresAreCountedAndShown() throws InterruptedException {
        assertThat(run("/broken"))
                .isEqualTo(new HeldCalls.Outcome(
                        0,
                        CALLS,
                        0,
                        0,
                        true,
                        List.of(new Failures.Group("status 500", CALLS, List.of("same", "same", "same")))));
    }

    @Test
    void aBodyThatIsReadBeforeAnInstanceIsTakenIsRefused() {
        CallLoad load =
                new CallLoad(server.getAddress(), "", "/alike", new byte[1024], 1, Duration.ZERO, Duration.ZERO);
        assertThatThrownBy(() -> HeldCalls.run(load, "text/plain", () -> true, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1024");
    }
}
