package dev.instar.engine.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.instar.engine.AsyncService.DeadLetter;
import dev.instar.engine.Call;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.node.EngineFixture;
import dev.instar.engine.process.Calls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableAsyncTest {
    @TempDir
    Path directory;

    EngineFixture node;
    Path trace;
    HttpServer server;
    final BlockingQueue<Map<String, String>> received = new LinkedBlockingQueue<>();
    final AtomicInteger callbackFailures = new AtomicInteger();

    @BeforeEach
    void open() throws IOException {
        node = new EngineFixture(directory.resolve("data"));
        trace = directory.resolve("trace");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/done", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean fail = callbackFailures.getAndDecrement() > 0;
            exchange.sendResponseHeaders(fail ? 503 : 200, -1);
            exchange.close();
            if (!fail) {
                received.add(Map.of(
                        "body", body,
                        "id", exchange.getRequestHeaders().getFirst("X-Call-Id"),
                        "status", exchange.getRequestHeaders().getFirst("X-Function-Status"),
                        "name", exchange.getRequestHeaders().getFirst("X-Function-Name"),
                        "seconds", exchange.getRequestHeaders().getFirst("X-Duration-Seconds")));
            }
        });
        server.start();
    }

    @AfterEach
    void close() {
        node.close();
        server.stop(0);
    }

    /** A handler that writes its body to the trace, then does as told. */
    private String handler(String then) {
        return """
                import os
                def handle(event, context):
                    with open("%s", "a") as file:
                        file.write((event.body if isinstance(event.body, str) else event.body.decode()) + "\\n")
                %s
                """.formatted(trace, then.indent(4));
    }

    private List<String> traced() throws IOException {
        return Files.exists(trace) ? Files.readAllLines(trace) : List.of();
    }

    private String callback() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/done";
    }

    private List<DeadLetter> deadLetters() {
        return node.engine.async().deadLetters("default", 10);
    }

    @Test
    void aCallIsRunOnceAndItsResultPosted() throws Exception {
        node.deploy("f", handler("return {'statusCode': 201, 'body': 'done'}"));
        callbackFailures.set(1);
        Call call = Calls.of("f", "hello");

        node.engine.async().enqueue(call, callback());

        assertThat(received.poll(20, TimeUnit.SECONDS))
                .containsEntry("body", "done")
                .containsEntry("id", call.id())
                .containsEntry("status", "201")
                .containsEntry("name", "f.default")
                .hasEntrySatisfying(
                        "seconds",
                        seconds -> assertThat(Double.parseDouble(seconds)).isPositive());
        await().until(() -> node.engine.async().pending("default") == 0);
        assertThat(traced()).containsExactly("hello");
    }

    @Test
    void serverErrorsAreRetriedThenBuried() throws Exception {
        node.deploy("f", handler("raise RuntimeError('no luck')"));
        Call call = Calls.of("f", "try");

        node.engine.async().enqueue(call, callback());

        await().until(() -> !deadLetters().isEmpty());
        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.callId()).isEqualTo(call.id());
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.reason()).contains("500");
        });
        assertThat(traced()).hasSize(3);
        assertThat(received.poll(20, TimeUnit.SECONDS)).containsEntry("status", "500");
        assertThat(node.engine.async().pending("default")).isZero();
    }

    @Test
    void aDeadLetterCanBeTriedAgainOrDiscarded() throws Exception {
        node.deploy("f", handler("raise RuntimeError('no luck')"));
        Call first = Calls.of("f", "first");
        Call second = Calls.of("f", "second");
        node.engine.async().enqueue(first, "");
        node.engine.async().enqueue(second, "");
        await().until(() -> deadLetters().size() == 2);
        node.deploy("f", handler("return {'statusCode': 200, 'body': ''}"));

        node.engine.async().retry("default", first.id());
        node.engine.async().discard("default", second.id());

        await().until(() -> node.engine.async().pending("default") == 0);
        assertThat(deadLetters()).isEmpty();
        assertThat(traced()).filteredOn("first"::equals).hasSize(4);
        assertThatThrownBy(() -> node.engine.async().retry("default", "none")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aCrashIsRetriedAndClientErrorsAreNot() throws Exception {
        node.deploy("crash", handler("os._exit(1)"));
        node.deploy("refuse", handler("return {'statusCode': 422, 'body': 'no'}"));

        node.engine.async().enqueue(Calls.of("crash", "crash"), "");
        node.engine.async().enqueue(Calls.of("refuse", "refuse"), "");

        await().until(() -> node.engine.async().pending("default") == 0);
        assertThat(traced()).filteredOn("crash"::equals).hasSize(3);
        assertThat(traced()).filteredOn("refuse"::equals).hasSize(1);
        assertThat(deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.reason()).contains("exit status 1"));
    }

    @Test
    void aCallInterruptedByTheEndOfTheNodeIsRunByTheNext() throws Exception {
        node.deploy("f", handler("""
                import time
                if not os.path.exists("%s.go"):
                    time.sleep(60)
                return {'statusCode': 200, 'body': ''}
                """.formatted(trace)));
        node.engine.async().enqueue(Calls.of("f", "once"), "");
        await().until(() -> traced().size() == 1);

        node.close();
        Files.createFile(Path.of(trace + ".go"));
        node = new EngineFixture(directory.resolve("data"));

        await().until(() -> node.engine.async().pending("default") == 0);
        assertThat(traced()).containsExactly("once", "once");
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void aSlowFunctionDoesNotHoldUpAnother() throws Exception {
        node.deploy("slow", handler("import time; time.sleep(3)\nreturn ''"));
        node.deploy("quick", handler("return ''"));
        for (int i = 0; i < 20; i++) {
            node.engine.async().enqueue(Calls.of("slow", "slow"), "");
        }

        node.engine.async().enqueue(Calls.of("quick", "quick"), "");

        await().atMost(Duration.ofSeconds(20)).until(() -> traced().contains("quick"));
        assertThat(traced()).filteredOn("slow"::equals).hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void drainingKeepsQueuedCallsForLater() throws Exception {
        node.deploy("f", handler("return ''"));
        assertThat(node.engine.drain(Duration.ofSeconds(5))).isTrue();

        node.engine.async().enqueue(Calls.of("f", "later"), "");
        assertThat(node.engine.async().pending("default")).isEqualTo(1);
        assertThat(traced()).isEmpty();
        node.engine.resume();

        await().until(() -> traced().contains("later"));
    }

    @Test
    void aBadCallbackAddressIsRefusedAtOnce() throws Exception {
        node.deploy("f", handler("return ''"));
        for (String url : List.of("ftp://host/x", "/relative", "http://user:word@host/", "http://a b/")) {
            assertThatThrownBy(() -> node.engine.async().enqueue(Calls.of("f", ""), url))
                    .isInstanceOf(InvalidRequestException.class);
        }
        assertThat(node.engine.async().pending("default")).isZero();
    }
}
