package dev.instar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BurstTest {
    private static final int CALLS = 50;

    private final CountDownLatch allThere = new CountDownLatch(CALLS);
    private final AtomicInteger calls = new AtomicInteger();
    private ExecutorService threads;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        threads = Executors.newVirtualThreadPerTaskExecutor();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::reply);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.close();
    }

    /** Answers when all calls are there; one in ten wrongly, one in ten with an error. */
    private void reply(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        int call = calls.getAndIncrement();
        allThere.countDown();
        boolean together;
        try {
            together = allThere.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        byte[] body = (call % 10 == 3 ? "wrong" : together ? "right" : "alone").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("X-Instar-Instance", "i" + call % 5);
        exchange.getResponseHeaders().add("X-Instar-Start", call < CALLS / 2 ? "template" : "warm");
        exchange.sendResponseHeaders(call % 10 == 7 ? 502 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void allCallsAreMadeAtOnceAndEachAnswerIsChecked() throws InterruptedException {
        CallLoad load =
                new CallLoad(server.getAddress(), "Bearer t", "/f", new byte[10], CALLS, Duration.ZERO, Duration.ZERO);
        Burst.Outcome outcome = Burst.run(load, "text/plain", "right".getBytes(StandardCharsets.UTF_8));

        assertThat(outcome.failures())
                .extracting(Failures.Group::kind, Failures.Group::count)
                .containsExactlyInAnyOrder(tuple("status 502", 5L), tuple("wrong answer", 5L));
        assertThat(outcome.starts()).isEqualTo(Map.of("template", 20, "warm", 20));
        assertThat(outcome.instances()).isEqualTo(5);
        assertThat(outcome.ms().max()).isLessThanOrEqualTo(outcome.lastMs() * 1.01);
    }

    @Test
    void callsThatNobodyTakesAreFailures() throws InterruptedException {
        server.stop(0);
        CallLoad load =
                new CallLoad(server.getAddress(), "Bearer t", "/f", new byte[10], 3, Duration.ZERO, Duration.ZERO);
        Burst.Outcome outcome = Burst.run(load, "text/plain", new byte[0]);
        assertThat(outcome.failures()).singleElement().satisfies(group -> {
            assertThat(group.kind()).isEqualTo("no answer");
            assertThat(group.count()).isEqualTo(3);
        });
    }
}
