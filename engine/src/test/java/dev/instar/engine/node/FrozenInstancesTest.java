package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Events;
import dev.instar.engine.process.Specs;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.Reuse;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.SandboxSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances that are frozen while they are idle. */
@NullUnmarked
class FrozenInstancesTest {
    /** A thread of its own counts; a call naps as long as its body says and answers with the count. */
    private static final String COUNT = """
            import threading, time
            count = 0
            def tick():
                global count
                while True:
                    count += 1
                    time.sleep(0.01)
            started = False
            def handle(event, context):
                global started
                if not started:
                    started = True
                    threading.Thread(target=tick, daemon=True).start()
                time.sleep(float(event.body or 0))
                return {"statusCode": 200, "body": str(count)}
            """;

    @TempDir
    Path directory;

    LocalEngine engine;
    SandboxPool sandboxes;
    final Events events = new Events();

    @BeforeEach
    void open() throws IOException {
        String id = "z" + ProcessHandle.current().pid() % 1_000_000;
        engine = LocalEngine.open(
                EngineSettings.builder(directory.resolve("data"))
                        .tidyInterval(Duration.ofMillis(20))
                        .freezeIdle(Duration.ofMillis(1))
                        .build(),
                files -> {
                    sandboxes = LinuxSandboxPool.open(new SandboxSettings(
                            id,
                            Path.of("/run/instar-" + id),
                            files,
                            1,
                            2,
                            SandboxSettings.DEFAULT_FIRST_UID,
                            Optional.of("10.217.0.0/24"),
                            Reuse.DEFAULT));
                    return sandboxes;
                },
                events);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void deploy(String name, UnaryOperator<Specs> change) throws IOException {
        String code = engine.code().store("default", Format.ZIP, Archives.zip(Map.of("handler.py", COUNT)));
        engine.functions().deploy(change.apply(Specs.of(name, code)).spec());
    }

    private Answer call(String name, String nap) throws IOException {
        return Calls.call(engine.invoker(), name, nap);
    }

    @Test
    void aFrozenInstanceAnswersAndHasNotRunMeanwhile() throws Exception {
        deploy("f", specs -> specs.concurrency(2).scaling(0, 1, Duration.ofMinutes(1)));
        call("f", "0");
        long before = Long.parseLong(call("f", "0.1").body());
        assertThat(before).isPositive();
        Thread.sleep(1500);

        Answer after = call("f", "0");

        // Running, it would have counted to some 150.
        assertThat(Long.parseLong(after.body()) - before).isBetween(0L, 60L);
        assertThat(Long.parseLong(call("f", "0.3").body())).isGreaterThan(Long.parseLong(after.body()) + 10);
        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Thread.sleep(5L * i);
            calls.add(Calls.start(engine.invoker(), "f", "0"));
        }
        assertThat(calls).allSatisfy(call -> assertThat(call.join().status()).isEqualTo(200));
        assertThat(events.ended).isEmpty();
    }

    @Test
    void aDeadlineHoldsAfterwards() throws Exception {
        deploy("f", specs -> specs.timeout(Duration.ofSeconds(2)).scaling(0, 1, Duration.ofMinutes(1)));
        call("f", "0");
        Thread.sleep(200);

        assertThatThrownBy(() -> call("f", "8")).isInstanceOf(DeadlineExceededException.class);

        await().until(() -> sandboxes.total() == sandboxes.ready());
        assertThat(events.ended).containsExactly("deadline");
    }

    @Test
    void frozenInstancesEndAndGiveWay() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            deploy(name, specs -> specs.scaling(0, 1, Duration.ofMinutes(1)));
        }
        for (String name : List.of("a", "b", "c", "a")) {
            assertThat(call(name, "0").status()).isEqualTo(200);
            Thread.sleep(150);
        }
        assertThat(events.ended).contains("evicted-sandbox").doesNotContain("crashed");

        for (String name : List.of("a", "b", "c")) {
            engine.functions().remove(FunctionName.parse(name));
        }

        await().until(() -> sandboxes.total() == sandboxes.ready());
    }
}
