package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that keep the gateway waiting are cut off, whatever they wait with. */
final class SlowClientTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(600);
    private static final String CALL =
            "POST /function/echo HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n";

    // each test starts its own
    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    private void start(Duration idle, Duration head, Duration stall) {
        gateway = Gateway.start(
                settings -> settings.withLimits(GatewayLimits.DEFAULT.withTimes(idle, head, stall, SHORT)));
        gateway.echo("echo");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void cutsAConnectionThatSendsNothing() throws IOException {
        start(SHORT, LONG, LONG);
        try (RawClient client = gateway.raw()) {
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void cutsAConnectionThatStaysIdle() throws IOException {
        start(SHORT, LONG, LONG);
        try (RawClient client = gateway.raw()) {
            client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void cutsAHeadThatTricklesIn() throws Exception {
        start(LONG, SHORT, LONG);
        try (RawClient client = gateway.raw()) {
            Thread trickle = Thread.startVirtualThread(() -> trickle(client, "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: "));
            client.readToEnd();
            client.socket.shutdownOutput();
            trickle.join();
        }
    }

    /** Sends a byte at a time, each well within any timeout of a single read, until cut off. */
    private static void trickle(RawClient client, String start) {
        CountDownLatch never = new CountDownLatch(1);
        try {
            client.send(start);
            while (!never.await(50, TimeUnit.MILLISECONDS)) {
                client.send("a");
            }
        } catch (IOException | InterruptedException _) {
            // cut off
        }
    }

    @Test
    void cutsABodyThatStalls() throws IOException {
        start(LONG, LONG, SHORT);
        try (RawClient client = gateway.raw()) {
            client.send(CALL + "Content-Length: 10\r\n\r\nabc");
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void cutsABodyThatNobodyReadsAndNobodySends() throws IOException {
        start(LONG, SHORT, LONG);
        try (RawClient client = gateway.raw()) {
            client.send("POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void cutsAClientThatDoesNotReadItsReply() throws Exception {
        start(LONG, LONG, SHORT);
        CountDownLatch cut = new CountDownLatch(1);
        gateway.engine.install("big", false, (call, reply) -> {
            try (OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, -1)) {
                while (true) {
                    out.write(new byte[1 << 16]);
                }
            } catch (IOException e) {
                cut.countDown();
                throw e;
            }
        });
        try (RawClient client = gateway.raw()) {
            client.send("GET /function/big HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void doesNotCutAFunctionThatTakesItsTime() throws Exception {
        start(SHORT, SHORT, SHORT);
        CountDownLatch later = new CountDownLatch(1);
        gateway.engine.install("slow", false, (call, reply) -> {
            try {
                // longer than every timeout of the connection
                assertThat(later.await(SHORT.multipliedBy(3).toMillis(), TimeUnit.MILLISECONDS))
                        .isFalse();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            MemoryEngine.echo(call, reply);
        });
        assertThat(gateway.send(gateway.admin("/function/slow")).statusCode()).isEqualTo(200);
    }

    @Test
    void dropsABodyWithoutEnd() throws IOException {
        start(LONG, LONG, LONG);
        try (RawClient client = gateway.raw()) {
            client.send("POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 404 ");
            boolean closed = false;
            for (int i = 0; i < 10_000 && !closed; i++) {
                try {
                    client.send(new byte[1 << 16]);
                } catch (IOException _) {
                    closed = true;
                }
            }
            assertThat(closed).isTrue();
        }
    }

    @Test
    void answersWhenTooManyRequestsAreServed() throws Exception {
        GatewayLimits few =
                new GatewayLimits(1 << 20, 1 << 20, 1 << 20, 1 << 20, 8192, 16384, 100, 2, LONG, LONG, LONG, SHORT);
        gateway = Gateway.start(settings -> settings.withLimits(few));
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(2);
        gateway.engine.install("hold", false, (call, reply) -> {
            running.countDown();
            try {
                release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            MemoryEngine.echo(call, reply);
        });
        String request = "GET /function/hold HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n";
        try (RawClient first = gateway.raw();
                RawClient second = gateway.raw();
                RawClient third = gateway.raw()) {
            first.send(request);
            second.send(request);
            assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
            third.send(request);
            assertThat(third.readToEnd()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1\r\n");
            release.countDown();
            assertThat(first.readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(second.readHead()).startsWith("HTTP/1.1 200 ");
        }
    }
}
