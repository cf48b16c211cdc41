package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Specs;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.Reuse;
import dev.instar.sandbox.SandboxSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine on real sandboxes; needs the privileges a node has. */
class SandboxedEngineTest {
    @TempDir
    Path directory;

    LocalEngine engine;

    @BeforeEach
    void open() throws IOException {
        EngineSettings settings =
                EngineSettings.builder(directory.resolve("data")).build();
        String id = "e" + ProcessHandle.current().pid() % 1_000_000;
        engine = LocalEngine.open(
                settings,
                files -> LinuxSandboxPool.open(new SandboxSettings(
                        id,
                        Path.of("/run/instar-" + id),
                        files,
                        2,
                        20,
                        SandboxSettings.DEFAULT_FIRST_UID,
                        Optional.of("10.213.0.0/24"),
                        Reuse.DEFAULT)));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void deploy(String name, String source, UnaryOperator<Specs> change) throws IOException {
        String code = engine.code().store("default", Format.ZIP, Archives.zip(Map.of("handler.py", source)));
        engine.functions().deploy(change.apply(Specs.of(name, code)).spec());
    }

    @Test
    void callsAreServedColdAndWarmWithBytecodeMadeAtDeploy() throws IOException {
        deploy("f", """
                import os, sys
                def handle(event, context):
                    print("served", event.body.decode())
                    return {"statusCode": 200, "body": str(os.getuid()) + " " + __spec__.cached}
                """, specs -> specs);

        Answer cold = Calls.call(engine.invoker(), "f", "one");
        Answer warm = Calls.call(engine.invoker(), "f", "two");

        assertThat(cold.servedBy().start()).isEqualTo(StartKind.COLD);
        assertThat(warm.servedBy().start()).isEqualTo(StartKind.WARM);
        assertThat(warm.servedBy().instance()).isEqualTo(cold.servedBy().instance());
        assertThat(cold.body()).doesNotStartWith("0 ").contains("/function/__pycache__/handler.cpython");
        Path tree = engine.code()
                .directory(engine.functions()
                        .describe(FunctionName.parse("f"))
                        .current()
                        .spec()
                        .code());
        try (Stream<Path> files = Files.list(tree.resolve("__pycache__"))) {
            assertThat(files).hasSize(1);
        }
        assertThat(engine.functions().describe(FunctionName.parse("f")).privateBytes())
                .isPositive();
        List<String> lines = new java.util.concurrent.CopyOnWriteArrayList<>();
        await().until(() -> {
            lines.clear();
            engine.logs()
                    .read(FunctionName.parse("f"), -1, java.time.Instant.EPOCH, "", line -> lines.add(line.text()));
            return lines.contains("served two");
        });
        assertThat(lines).containsExactly("served one", "served two");
    }

    @Test
    void theMemoryLimitIsNamed() throws IOException {
        deploy(
                "hog",
                "def handle(event, context):\n    return len(b'x' * (400 << 20))\n",
                specs -> specs.memory(64 << 20));

        assertThatThrownBy(() -> Calls.call(engine.invoker(), "hog", ""))
                .isInstanceOf(InstanceFailedException.class)
                .hasMessageContaining("memory limit of 64Mi reached");
    }
}
