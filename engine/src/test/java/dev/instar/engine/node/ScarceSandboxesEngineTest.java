package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionName;
import dev.instar.engine.TemplateStatus.State;
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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More functions and calls than sandboxes, with templates and the seats they hold. */
@NullUnmarked
class ScarceSandboxesEngineTest {
    private static final String NAP = """
            import time
            def handle(event, context):
                time.sleep(float(event.body or 0))
                return {"statusCode": 200, "body": "ok"}
            """;

    @TempDir
    Path directory;

    LocalEngine engine;
    SandboxPool sandboxes;
    final Events events = new Events();

    private void open(int ready, int maximum) throws IOException {
        String id = "s" + ProcessHandle.current().pid() % 1_000_000;
        engine = LocalEngine.open(
                EngineSettings.builder(directory.resolve("data")).build(),
                files -> {
                    sandboxes = LinuxSandboxPool.open(new SandboxSettings(
                            id,
                            Path.of("/run/instar-" + id),
                            files,
                            ready,
                            maximum,
                            SandboxSettings.DEFAULT_FIRST_UID,
                            Optional.of("10.216.0.0/24"),
                            Reuse.DEFAULT));
                    return sandboxes;
                },
                events);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void deploy(String name) throws IOException {
        String code = engine.code().store("default", Format.ZIP, Archives.zip(Map.of("handler.py", NAP)));
        engine.functions().deploy(Specs.of(name, code).spec());
    }

    private void awaitTemplate(String name) {
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        engine.templates().describe(FunctionName.parse(name)).state() == State.READY);
    }

    private Answer call(String name) throws IOException {
        return Calls.call(engine.invoker(), name, "0");
    }

    @Test
    void fourFunctionsTakeTurnsInThreeSandboxes() throws IOException {
        open(1, 3);
        for (int i = 0; i < 4; i++) {
            deploy("f" + i);
        }

        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++) {
                assertThat(call("f" + i).status()).isEqualTo(200);
                assertThat(sandboxes.total()).isLessThanOrEqualTo(3);
            }
        }

        assertThat(events.ended).contains("evicted-sandbox");
    }

    @Test
    void fiftyCallsOfOneFunctionShareThreeSandboxes() throws IOException {
        open(1, 3);
        deploy("f");
        awaitTemplate("f");

        List<CompletableFuture<Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            calls.add(Calls.start(engine.invoker(), "f", "0.02"));
        }
        Set<String> instances =
                calls.stream().map(call -> call.join().servedBy().instance()).collect(Collectors.toSet());

        assertThat(instances).hasSizeBetween(1, 3);
        assertThat(sandboxes.total()).isLessThanOrEqualTo(3);
    }

    @Test
    void seatsOfOtherFunctionsGiveWay() throws IOException {
        open(4, 8);
        for (int i = 0; i < 4; i++) {
            await().until(() -> sandboxes.ready() == 4);
            deploy("f" + i);
            awaitTemplate("f" + i);
        }
        // A seat for each, and what the pool keeps ready.
        await().until(() -> sandboxes.total() == 8 && sandboxes.ready() == 4);

        for (int i = 0; i < 8; i++) {
            CompletableFuture<Answer> _ = Calls.start(engine.invoker(), "f0", "15");
        }

        await().until(() -> engine.status().instances() == 8);
        assertThat(sandboxes.total()).isEqualTo(8);
        assertThat(events.ended).isEmpty();
    }
}
