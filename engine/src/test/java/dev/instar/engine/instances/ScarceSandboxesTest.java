package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.OverloadedException;
import dev.instar.engine.Priority;
import dev.instar.engine.process.Calls.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More calls than sandboxes. */
@NullUnmarked
class ScarceSandboxesTest {
    /** Answers after as many seconds as the body says. */
    private static final String NAP = """
            import time
            def handle(event, context):
                time.sleep(float(event.body or 0))
                return {"statusCode": 200, "body": "ok"}
            """;

    /** Answers once the file that the body names is there. */
    private static final String GATE = """
            import os, time
            def handle(event, context):
                while not os.path.exists(event.body.decode()):
                    time.sleep(0.01)
                return {"statusCode": 200, "body": "ok"}
            """;

    @TempDir
    Path directory;

    InstancesFixture node;

    private void open(int sandboxes, Duration patience) {
        node = new InstancesFixture(directory, Long.MAX_VALUE / 2, 256, patience, Duration.ofMillis(50), sandboxes);
    }

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void theLeastRecentlyUsedIdleInstanceGivesItsSandbox() throws IOException {
        open(2, Duration.ofSeconds(10));
        for (String name : List.of("a", "b", "c")) {
            node.deploy(name, NAP);
        }
        node.call("a", "0");
        node.call("b", "0");
        node.call("a", "0");

        node.call("c", "0");

        assertThat(node.status("a").alive()).isEqualTo(1);
        assertThat(node.status("b").alive()).isZero();
        assertThat(node.status("c").alive()).isEqualTo(1);
        assertThat(node.events.ended).containsExactly("evicted-sandbox");
    }

    @Test
    void aCallWaitsForAnInstanceThatIsBusyYet() throws IOException {
        open(1, Duration.ofSeconds(10));
        node.deploy("a", NAP);
        node.deploy("b", NAP);
        CompletableFuture<Answer> running = node.start("a", "0.5");
        await().until(() -> node.status("a").alive() == 1);

        assertThat(node.call("b", "0").status()).isEqualTo(200);
        assertThat(running.join().status()).isEqualTo(200);
    }

    @Test
    void afterItsPatienceACallIsRefused() throws IOException {
        open(1, Duration.ofMillis(200));
        node.deploy("a", GATE);
        node.deploy("b", NAP);
        Path gate = directory.resolve("gate");
        CompletableFuture<Answer> running = node.start("a", gate.toString());
        await().until(() -> node.status("a").alive() == 1);

        assertThatThrownBy(() -> node.call("b", "0"))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.nodeWide()).isTrue())
                .hasMessageContaining("sandboxes");

        Files.createFile(gate);
        assertThat(running.join().status()).isEqualTo(200);
        await().ignoreExceptions().until(() -> node.call("b", "0").status() == 200);
    }

    @Test
    void fiftyCallsShareThreeSandboxes() throws IOException {
        open(3, Duration.ofSeconds(10));
        node.deploy("nap", NAP);

        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            calls.add(node.start("nap", "0.02"));
        }

        assertThat(calls).allSatisfy(call -> assertThat(call.join().status()).isEqualTo(200));
        assertThat(node.sandboxes.most()).isLessThanOrEqualTo(3);
        await().until(() -> node.status("nap").idle() == 3);
        assertThat(node.events.ended).isEmpty();
    }

    @Test
    void aBurstThatIsServedByFewStartsNoMore() throws IOException {
        open(Integer.MAX_VALUE, Duration.ofSeconds(10));
        node.deploy("nap", NAP, specs -> specs.scaling(0, 200, Duration.ofMinutes(1)));

        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            calls.add(node.start("nap", "0.001"));
        }
        calls.forEach(CompletableFuture::join);

        // Four start at a time, and each of those that have started serves many calls while others start.
        assertThat(node.sandboxes.made()).isLessThan(50);
        await().until(() -> node.pool("nap").counts().starting() == 0);
        assertThat(node.status("nap").alive()).isEqualTo(node.sandboxes.made());
    }

    @Test
    void highPriorityComesFirstWhereNotAllCanStart() throws Exception {
        open(1, Duration.ofSeconds(20));
        node.deploy("running", GATE);
        for (int i = 0; i < 4; i++) {
            node.deploy("low" + i, NAP, specs -> specs.priority(Priority.LOW));
        }
        node.deploy("high", NAP, specs -> specs.priority(Priority.HIGH));
        Path gate = directory.resolve("gate");
        CompletableFuture<Answer> running = node.start("running", gate.toString());
        await().until(() -> node.status("running").alive() == 1);

        List<String> order = new CopyOnWriteArrayList<>();
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String name = "low" + i;
            calls.add(node.start(name, "0").thenAccept(_ -> order.add(name)));
            await().until(() -> node.status(name).queued() == 1);
        }
        calls.add(node.start("high", "0").thenAccept(_ -> order.add("high")));
        await().until(() -> node.status("high").queued() == 1);
        Files.createFile(gate);
        calls.forEach(CompletableFuture::join);
        running.join();

        assertThat(order).containsExactly("high", "low0", "low1", "low2", "low3");
    }

    @Test
    void aFunctionThatIsNeverIdleYieldsToOneThatWaits() throws Exception {
        open(1, Duration.ofSeconds(10));
        node.deploy("steady", NAP);
        node.deploy("other", NAP);
        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            calls.add(node.start("steady", "0.05"));
        }
        await().until(() -> node.status("steady").alive() == 1);

        assertThat(node.call("other", "0").status()).isEqualTo(200);

        assertThat(node.status("steady").queued()).isPositive();
        assertThat(calls).allSatisfy(call -> assertThat(call.join().status()).isEqualTo(200));
        assertThat(node.events.ended).contains("yielded", "evicted-sandbox");
    }
}
