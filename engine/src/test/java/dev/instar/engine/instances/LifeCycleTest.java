package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionName;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.StartKind;
import dev.instar.engine.process.Calls.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifeCycleTest {
    /** Answers with its process id after as many seconds as the body says. */
    private static final String NAP = """
            import os, time
            def handle(event, context):
                time.sleep(float(event.body or 0))
                return {"statusCode": 200, "body": str(os.getpid())}
            """;

    @TempDir
    Path directory;

    InstancesFixture node;

    @BeforeEach
    void open() {
        node = new InstancesFixture(directory);
    }

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void switchingVersionsUnderLoadFailsNoCall() throws IOException {
        node.deploy("nap", NAP);
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            callers.add(CompletableFuture.runAsync(
                    this::callForAWhile, task -> Thread.ofVirtual().start(task)));
        }
        for (int i = 0; i < 5; i++) {
            int before = node.events.statuses.size();
            await().until(() -> node.events.statuses.size() > before + 5);
            node.deploy("nap", NAP);
        }
        stop = true;
        callers.forEach(CompletableFuture::join);

        assertThat(node.events.statuses).allMatch(status -> status == 200);
        assertThat(node.call("nap", "0").servedBy().version()).isEqualTo(6);
        await().until(() -> node.status("nap").alive() == node.status("nap").idle());
        assertThat(node.events.ended).contains("replaced").doesNotContain("crashed");
    }

    private volatile boolean stop;

    private void callForAWhile() {
        try {
            while (!stop) {
                node.call("nap", "0.005");
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void removingABusyFunctionLetsItsCallFinish() throws IOException {
        node.deploy("nap", NAP);
        node.call("nap", "0");
        CompletableFuture<Answer> running = node.start("nap", "0.7");
        await().until(() -> node.status("nap").idle() == 0);

        node.instances.remove(FunctionName.parse("nap"));

        assertThatThrownBy(() -> node.call("nap", "0")).isInstanceOf(NotFoundException.class);
        assertThat(running.join().status()).isEqualTo(200);
        await().until(() -> node.sandboxes.total() == 0);
        assertThat(node.events.ended).containsExactly("removed");
    }

    @Test
    void idleInstancesExpireDownToTheMinimum() throws IOException {
        node.deploy("nap", NAP, specs -> specs.scaling(1, 8, Duration.ofMillis(300)));
        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(node.start("nap", "0.3"));
        }
        calls.forEach(CompletableFuture::join);

        await().until(() -> node.status("nap").alive() == 1);
        assertThat(node.events.ended).isNotEmpty().allMatch("idle"::equals);
    }

    @Test
    void theMinimumIsStartedAheadAndAfterACrash() throws IOException {
        node.deploy("nap", NAP, specs -> specs.scaling(1, 8, Duration.ofMinutes(1)));
        await().until(() -> node.status("nap").idle() == 1);
        Answer answer = node.call("nap", "0");
        assertThat(answer.servedBy().start()).isEqualTo(StartKind.WARM);

        ProcessHandle.of(Long.parseLong(answer.body())).orElseThrow().destroyForcibly();

        await().until(() ->
                node.events.ended.contains("crashed") && node.status("nap").idle() == 1);
    }

    @Test
    void scalingKeepsAndEndsInstances() throws IOException {
        node.deploy("nap", NAP);

        node.instances.keep(FunctionName.parse("nap"), 3);
        await().until(() -> node.status("nap").idle() == 3);
        node.instances.keep(FunctionName.parse("nap"), 0);

        await().until(() -> node.sandboxes.total() == 0);
        assertThat(node.events.ended).containsExactly("scaled", "scaled", "scaled");
    }

    @Test
    void scalingToZeroEndsABusyInstanceWhenItsCallIsDone() throws IOException {
        node.deploy("nap", NAP);
        node.call("nap", "0");
        CompletableFuture<Answer> running = node.start("nap", "0.3");
        await().until(() -> node.instances.counts().running() == 1);

        node.instances.keep(FunctionName.parse("nap"), 0);

        assertThat(running.join().status()).isEqualTo(200);
        await().until(() -> node.sandboxes.total() == 0);
        assertThat(node.events.ended).containsExactly("scaled");
        assertThat(node.call("nap", "0").servedBy().start()).isEqualTo(StartKind.COLD);
        assertThat(node.call("nap", "0").servedBy().start()).isEqualTo(StartKind.WARM);
    }

    @Test
    void scalingToZeroEndsAnInstanceThatWasBeingStartedForACallServedElsewhere() throws IOException {
        node.deploy("slow", "import time\ntime.sleep(0.5)\n" + NAP);
        node.call("slow", "0");
        CompletableFuture<Answer> running = node.start("slow", "0.2");
        CompletableFuture<Answer> waiting = node.start("slow", "0");
        assertThat(running.join().status()).isEqualTo(200);
        assertThat(waiting.join().servedBy().start()).isEqualTo(StartKind.WARM);

        node.instances.keep(FunctionName.parse("slow"), 0);

        await().until(() -> node.sandboxes.total() == 0 && node.events.starts.size() == 2);
        assertThat(node.events.ended).containsExactly("scaled", "scaled");
        assertThat(node.call("slow", "0").servedBy().start()).isEqualTo(StartKind.COLD);
    }

    @Test
    void endingAllInstancesFailsTheirCallsAndLeavesTheFunctionUsable() throws IOException {
        node.deploy("nap", NAP);
        node.deploy("other", NAP);
        node.call("other", "0");
        CompletableFuture<Answer> running = node.start("nap", "60");
        await().until(() -> node.instances.counts().running() == 1);
        FunctionName nap = FunctionName.parse("nap");

        assertThat(node.instances.end(nap)).isEqualTo(1);

        assertThat(node.sandboxes.total()).isEqualTo(1);
        assertThatThrownBy(running::join)
                .hasRootCauseInstanceOf(InstanceFailedException.class)
                .hasMessageContaining("an administrator asked for its end");
        assertThat(node.events.ended).containsExactly("killed");
        assertThat(node.instances.end(nap)).isZero();
        assertThat(node.call("nap", "0").status()).isEqualTo(200);
        assertThat(node.call("other", "0").servedBy().start()).isEqualTo(StartKind.WARM);
        assertThatThrownBy(() -> node.instances.end(FunctionName.parse("absent")))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void keptInstancesAreReplacedAfterTheirEnd() throws IOException {
        node.deploy("nap", NAP, specs -> specs.scaling(2, 8, Duration.ofMinutes(1)));
        await().until(() -> node.status("nap").idle() == 2);

        assertThat(node.instances.end(FunctionName.parse("nap"))).isEqualTo(2);

        await().until(() -> node.status("nap").idle() == 2);
        assertThat(node.events.starts).hasSize(4);
    }

    @Test
    void aNamespaceMayNotExceedItsQuotas() throws IOException {
        node.quotas.put("default", new Quota(0, 1, 0, 3, 0));
        node.deploy("one", NAP);
        node.deploy("two", NAP);
        assertThat(node.call("one", "0").status()).isEqualTo(200);

        // The idle instance of one yields to two.
        assertThat(node.call("two", "0").status()).isEqualTo(200);
        assertThat(node.events.ended).containsExactly("evicted-quota");
        assertThat(node.sandboxes.most()).isEqualTo(1);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 50; i++) {
                        node.call("two", "0");
                    }
                })
                .isInstanceOf(QuotaExceededException.class)
                .hasMessageContaining("3 calls per second");
    }

    @Test
    void drainingLetsCallsFinishAndRefusesNewOnes() throws Exception {
        node.deploy("nap", NAP);
        node.call("nap", "0");
        CompletableFuture<Answer> running = node.start("nap", "0.7");
        await().until(() -> node.instances.counts().running() == 1);

        assertThat(node.instances.drain(Duration.ofMillis(10))).isFalse();
        assertThatThrownBy(() -> node.call("nap", "0"))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.nodeWide()).isTrue());
        assertThat(node.instances.drain(Duration.ofSeconds(10))).isTrue();
        assertThat(running.join().status()).isEqualTo(200);
        node.instances.resume();
        assertThat(node.call("nap", "0").status()).isEqualTo(200);
    }
}
