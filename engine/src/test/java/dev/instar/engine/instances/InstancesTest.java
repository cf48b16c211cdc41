package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.ProcessSandbox;
import dev.instar.runtime.HeaderField;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstancesTest {
    private static final String ECHO = """
            def handle(event, context):
                return {"statusCode": 200, "body": event.body}
            """;
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
    void firstCallStartsAnInstanceAndLaterOnesReuseIt() throws IOException {
        node.deploy("echo", ECHO);

        Answer first = node.call("echo", "a");
        Answer second = node.call("echo", "b");

        assertThat(first.body()).isEqualTo("a");
        assertThat(first.servedBy().start()).isEqualTo(StartKind.COLD);
        assertThat(first.servedBy().startNanos()).isPositive();
        assertThat(second.body()).isEqualTo("b");
        assertThat(second.servedBy().start()).isEqualTo(StartKind.WARM);
        assertThat(second.servedBy().startNanos()).isZero();
        assertThat(second.servedBy().instance()).isEqualTo(first.servedBy().instance());
        assertThat(node.events.starts)
                .singleElement()
                .satisfies(phases -> assertThat(phases.keySet()).containsExactly("sandbox", "execute", "init"));
        assertThat(node.status("echo").answered()).isEqualTo(2);
    }

    @Test
    void bodiesOfAnySizePassThrough() throws IOException {
        node.deploy("echo", ECHO);
        String large = "0123456789abcdef".repeat(200_000);

        assertThat(node.call("echo", large).body()).isEqualTo(large);
        assertThat(node.call("echo", "").body()).isEmpty();
    }

    @Test
    void parallelCallsGetAnInstanceEachUpToTheMaximum() throws IOException {
        node.deploy("nap", NAP, specs -> specs.scaling(0, 3, Duration.ofMinutes(1)));

        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            calls.add(node.start("nap", "0.2"));
        }
        Set<String> processes = new HashSet<>();
        calls.forEach(call -> processes.add(call.join().body()));

        assertThat(processes).hasSizeLessThanOrEqualTo(3);
        assertThat(node.sandboxes.most()).isLessThanOrEqualTo(3);
        assertThat(node.status("nap").queued()).isZero();
    }

    @Test
    void slotsOfOneInstanceServeCallsAtATime() throws IOException {
        node.deploy("nap", NAP, specs -> specs.concurrency(4).scaling(0, 1, Duration.ofMinutes(1)));
        node.call("nap", "0");

        long began = System.nanoTime();
        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            calls.add(node.start("nap", "0.5"));
        }
        Set<String> processes = new HashSet<>();
        calls.forEach(call -> processes.add(call.join().body()));

        assertThat(processes).hasSize(1);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1900));
    }

    @Test
    void aBurstDoesNotStartMoreInstancesThanItNeeds() throws IOException {
        node.deploy("nap", NAP);

        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(node.start("nap", "0.4"));
        }
        calls.forEach(CompletableFuture::join);

        assertThat(node.sandboxes.made()).isLessThanOrEqualTo(5);
    }

    @Test
    void aFullQueueRefusesCalls() throws IOException {
        node.close();
        node = new InstancesFixture(directory, Long.MAX_VALUE / 2, 2, Duration.ofSeconds(10));
        node.deploy("nap", NAP, specs -> specs.scaling(0, 1, Duration.ofMinutes(1)));
        node.call("nap", "0");
        CompletableFuture<Answer> running = node.start("nap", "1");
        await().until(() -> node.status("nap").idle() == 0);
        CompletableFuture<Answer> first = node.start("nap", "0");
        CompletableFuture<Answer> second = node.start("nap", "0");
        await().until(() -> node.status("nap").queued() == 2);

        assertThatThrownBy(() -> node.call("nap", "0")).isInstanceOfSatisfying(OverloadedException.class, e -> {
            assertThat(e.nodeWide()).isFalse();
            assertThat(e.retryAfter()).isPositive();
        });
        assertThat(List.of(running.join(), first.join(), second.join()))
                .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
        assertThat(node.events.statuses).contains(429);
    }

    @Test
    void theDeadlineEndsTheInstance() throws IOException {
        node.deploy("nap", NAP, specs -> specs.timeout(Duration.ofSeconds(1)).scaling(1, 2, Duration.ofMinutes(1)));
        await().until(() -> node.status("nap").idle() == 1);
        String instance = node.call("nap", "0").servedBy().instance();

        assertThatThrownBy(() -> node.call("nap", "30")).isInstanceOf(DeadlineExceededException.class);

        await().until(() ->
                node.events.ended.contains("deadline") && node.status("nap").idle() == 1);
        assertThat(node.call("nap", "0").servedBy().instance()).isNotEqualTo(instance);
        assertThat(node.events.ended).containsExactly("deadline");
        assertThat(node.events.statuses).containsExactly(200, 504, 200);
    }

    @Test
    void theDeadlineOfOneCallFailsTheOthersOnItsInstance() throws IOException {
        node.deploy(
                "nap",
                NAP,
                specs -> specs.concurrency(2).timeout(Duration.ofSeconds(2)).scaling(1, 1, Duration.ofMinutes(1)));
        await().until(() -> node.status("nap").idle() == 1);
        CompletableFuture<Answer> early = node.start("nap", "30");
        await().until(() -> node.status("nap").idle() == 0);
        await().pollDelay(Duration.ofMillis(500)).until(() -> true);
        CompletableFuture<Answer> late = node.start("nap", "30");

        assertThat(Calls.failure(early)).isInstanceOf(DeadlineExceededException.class);
        assertThat(Calls.failure(late))
                .isInstanceOf(InstanceFailedException.class)
                .hasMessageContaining("another call on it passed its deadline");
    }

    @Test
    void theDeadlineCoversWaiting() throws IOException {
        node.deploy(
                "nap", NAP, specs -> specs.scaling(1, 1, Duration.ofMinutes(1)).timeout(Duration.ofSeconds(2)));
        await().until(() -> node.status("nap").idle() == 1);
        CompletableFuture<Answer> running = node.start("nap", "1.3");
        await().until(() -> node.status("nap").idle() == 0);
        CompletableFuture<Answer> next = node.start("nap", "1.3");

        assertThat(running.join().status()).isEqualTo(200);
        assertThat(Calls.failure(next)).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void aCrashNamesTheReasonAndItsLastOutput() throws IOException {
        node.deploy("crash", """
                import os, sys
                def handle(event, context):
                    print("about to go", file=sys.stderr, flush=True)
                    os._exit(3)
                """);

        assertThatThrownBy(() -> node.call("crash", ""))
                .isInstanceOf(InstanceFailedException.class)
                .hasMessageContaining("exit status 3");

        // Whoever notices the crash first writes the log, which need not be the caller.
        await().untilAsserted(() -> assertThat(node.log("crash"))
                .contains("stderr: about to go")
                .anyMatch(line -> line.startsWith("instar: ") && line.contains("exit status 3"))
                .contains("instar: last output: about to go"));
        assertThat(node.events.ended).containsExactly("crashed");
    }

    @Test
    void anIdleInstanceThatDiedIsDroppedUnseen() throws IOException {
        node.deploy("nap", NAP);
        long pid = Long.parseLong(node.call("nap", "0").body());

        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();

        await().until(() -> node.status("nap").alive() == 0);
        assertThat(node.call("nap", "0").status()).isEqualTo(200);
        assertThat(node.events.ended).containsExactly("crashed");
    }

    @Test
    void callsRacingWithTheDeathOfIdleInstancesAreServedByOthers() throws IOException {
        node.deploy("echo", ECHO);
        for (int i = 0; i < 20; i++) {
            assertThat(node.call("echo", "x").status()).isEqualTo(200);
            ProcessSandbox sandbox = node.sandboxes.inUse().iterator().next();
            ProcessHandle.of(sandbox.pid()).orElseThrow().destroyForcibly();
            ProcessHandle.of(sandbox.pid())
                    .ifPresent(process -> process.onExit().join());
            assertThat(node.call("echo", "y").body()).isEqualTo("y");
        }
    }

    @Test
    void anErrorOfTheHandlerAnswers500AndLeavesTheInstance() throws IOException {
        node.deploy("wrong", """
                def handle(event, context):
                    raise ValueError("bad <input>")
                """);

        Answer answer = node.call("wrong", "");
        Answer again = node.call("wrong", "");

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.headers()).contains(new HeaderField("X-Instar-Error", "handler"));
        assertThat(answer.body())
                .contains("\"type\":\"ValueError\"", "bad <input>")
                .doesNotContain("Traceback");
        assertThat(again.servedBy().instance()).isEqualTo(answer.servedBy().instance());
        assertThat(node.log("wrong")).anyMatch(line -> line.startsWith("instar: ") && line.contains("handler.py"));
    }

    @Test
    void aBrokenHandlerFailsTheStartAndDoesNotSpin() throws IOException {
        node.deploy("broken", "import no_such_module\n");

        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> node.call("broken", ""))
                    .isInstanceOfSatisfying(
                            StartFailedException.class,
                            e -> assertThat(e.phase()).isEqualTo("init"))
                    .hasMessageContaining("no_such_module");
        }

        assertThat(node.sandboxes.made()).isLessThan(10);
        assertThat(node.log("broken")).anyMatch(line -> line.contains("no_such_module"));
        assertThat(node.events.failedStarts).isNotEmpty().allMatch("init"::equals);
        await().until(() -> node.sandboxes.total() == 0);
    }

    @Test
    void aHandlerThatNeverLoadsIsEnded() throws IOException {
        node.deploy("stuck", "import time\ntime.sleep(60)\ndef handle(event, context): pass\n");

        assertThatThrownBy(() -> node.call("stuck", ""))
                .isInstanceOf(StartFailedException.class)
                .hasMessageContaining("longer than 3000 ms");

        await().until(() -> node.sandboxes.total() == 0);
    }

    @Test
    void aCallerThatGoesAwayWhileItSendsTakesNobodyWithIt() throws IOException {
        node.deploy("echo", ECHO);
        String instance = node.call("echo", "x").servedBy().instance();
        InputStream broken = new InputStream() {
            private int left = 300_000;

            @Override
            public int read() throws IOException {
                if (left-- > 0) {
                    return 'x';
                }
                throw new IOException("connection reset by caller");
            }
        };
        var call = Calls.of("echo", "");
        var sending = new dev.instar.engine.Call(
                call.id(), call.function(), "POST", "/", "", List.of(), "", broken, 1_000_000);

        assertThatThrownBy(() -> node.instances.invoker().invoke(sending, new Calls.Collected()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("connection reset by caller");
        assertThat(node.call("echo", "y").servedBy().instance()).isEqualTo(instance);
    }

    @Test
    void aCallerThatGoesAwayWhileItReceivesLeavesTheInstanceUsable() throws IOException {
        node.deploy("echo", ECHO);
        String instance = node.call("echo", "x").servedBy().instance();

        assertThatThrownBy(() -> node.instances
                        .invoker()
                        .invoke(Calls.of("echo", "y".repeat(500_000)), (_, _, _, _) -> {
                            throw new IOException("broken pipe");
                        }))
                .isInstanceOf(IOException.class);
        assertThat(node.call("echo", "y").servedBy().instance()).isEqualTo(instance);
    }
}
