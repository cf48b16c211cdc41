package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.engine.StartKind;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.State;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Specs;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.SandboxSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts from memory templates on real sandboxes. */
class TemplateEngineTest {
    @TempDir
    Path directory;

    LocalEngine engine;

    @BeforeEach
    void open() throws IOException {
        EngineSettings settings =
                EngineSettings.builder(directory.resolve("data")).build();
        String id = "t" + ProcessHandle.current().pid() % 1_000_000;
        engine = LocalEngine.open(
                settings,
                files -> LinuxSandboxPool.open(new SandboxSettings(
                        id,
                        Path.of("/run/instar-" + id),
                        files,
                        3,
                        40,
                        SandboxSettings.DEFAULT_FIRST_UID,
                        Optional.of("10.214.0.0/24"))));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void deploy(String name, RuntimeKind runtime, String source) throws IOException {
        String file = runtime == RuntimeKind.PYTHON ? "handler.py" : "handler.js";
        String code = engine.code().store("default", Format.ZIP, Archives.zip(Map.of(file, source)));
        FunctionSpec python = Specs.of(name, code).spec();
        engine.functions()
                .deploy(new FunctionSpec(
                        python.name(),
                        python.code(),
                        runtime,
                        HandlerConvention.AUTO,
                        "",
                        List.of(),
                        Map.of("GREETING", "hello"),
                        List.of(),
                        python.limits(),
                        python.timeout(),
                        1,
                        python.network(),
                        Map.of(),
                        Map.of(),
                        List.of(),
                        "",
                        List.of(),
                        python.scaling(),
                        List.of(),
                        false,
                        StartPreference.TEMPLATE));
    }

    private TemplateStatus awaitTemplate(String name) {
        FunctionName function = FunctionName.parse(name);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> engine.templates().describe(function).state() != State.PREPARING);
        TemplateStatus status = engine.templates().describe(function);
        assertThat(status.reason()).isEmpty();
        assertThat(status.state()).isEqualTo(State.READY);
        return status;
    }

    @Test
    void pythonStartsFromItsTemplate() throws IOException {
        deploy("f", RuntimeKind.PYTHON, """
                import os, random
                table = list(range(100000))
                def handle(event, context):
                    print("served", event.body.decode())
                    return {"statusCode": 200, "body": str(os.getuid()) + " " + str(sum(table)) + " " + str(random.random())}
                """);
        awaitTemplate("f");

        Answer first = Calls.call(engine.invoker(), "f", "one");
        Answer second = Calls.call(engine.invoker(), "f", "two");

        assertThat(first.body()).startsWith("1000 4999950000 ");
        assertThat(first.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
        assertThat(second.servedBy().start()).isEqualTo(StartKind.WARM);
        assertThat(second.body()).isNotEqualTo(first.body());
    }

    @Test
    void nodeStartsFromItsTemplate() throws IOException {
        deploy("n", RuntimeKind.NODE, """
                const table = Array.from({length: 100000}, (_, i) => i);
                module.exports = async (event, context) => {
                  await new Promise(done => setTimeout(done, 5));
                  return context.status(200).succeed(process.getuid() + ' ' + table.reduce((a, b) => a + b) + ' ' + Math.random());
                };
                """);
        awaitTemplate("n");

        Answer first = Calls.call(engine.invoker(), "n", "one");

        assertThat(first.body()).startsWith("1000 4999950000 ");
        assertThat(first.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
    }
}
