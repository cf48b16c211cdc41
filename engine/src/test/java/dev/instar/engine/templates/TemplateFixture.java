package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.StartKind;
import dev.instar.engine.StartPreference;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.State;
import dev.instar.engine.node.EngineSettings;
import dev.instar.engine.node.LocalEngine;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Specs;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.ResourceLimits;
import dev.instar.sandbox.Reuse;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.SandboxSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;

/** A whole engine with real sandboxes, and functions that start from memory templates. */
@NullUnmarked
final class TemplateFixture implements AutoCloseable {
    /** Of each sandbox, tight enough for what runs into a limit to do so soon. */
    static final ResourceLimits LIMITS = new ResourceLimits(192L << 20, OptionalLong.empty(), 64, 2000, 8L << 20);

    final LocalEngine engine;
    final SandboxSettings sandboxes;
    private LinuxSandboxPool pool;

    private TemplateFixture(Path directory, int ready, int maximum, UnaryOperator<EngineSettings.Builder> change)
            throws IOException {
        String id = "t" + Long.toString(ProcessHandle.current().pid(), 36);
        Path run = Path.of("/run/instar-" + id);
        SandboxSettings[] used = new SandboxSettings[1];
        engine = LocalEngine.open(
                change.apply(EngineSettings.builder(directory).tidyInterval(Duration.ofMillis(20)))
                        .build(),
                files -> {
                    used[0] = new SandboxSettings(
                            id,
                            run,
                            files,
                            ready,
                            maximum,
                            SandboxSettings.DEFAULT_FIRST_UID,
                            Optional.of("10.214.0.0/24"),
                            Reuse.DEFAULT);
                    pool = LinuxSandboxPool.open(used[0]);
                    return pool;
                });
        sandboxes = used[0];
    }

    static TemplateFixture open(Path directory) throws IOException {
        return open(directory, 3, 40);
    }

    static TemplateFixture open(Path directory, int ready, int maximum) throws IOException {
        return new TemplateFixture(
                directory,
                ready,
                maximum,
                builder -> builder.templates(
                        new TemplateSettings(512L << 20, 64, true, Duration.ofHours(1), Duration.ofMillis(20))));
    }

    SandboxPool pool() {
        return pool;
    }

    /** Deploys a function of one file, to start from a template. */
    void deploy(String name, RuntimeKind runtime, String source) {
        deploy(name, runtime, source, Scaling.DEFAULT);
    }

    void deploy(String name, RuntimeKind runtime, String source, Scaling scaling) {
        String file = runtime == RuntimeKind.PYTHON ? "handler.py" : "handler.js";
        deploy(name, runtime, Map.of(file, source), scaling, Map.of());
    }

    void deploy(
            String name,
            RuntimeKind runtime,
            Map<String, String> files,
            Scaling scaling,
            Map<String, String> environment) {
        FunctionSpec base;
        try {
            String code = engine.code().store("default", Format.ZIP, Archives.zip(files));
            base = Specs.of(name, code).spec();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        engine.functions()
                .deploy(new FunctionSpec(
                        base.name(),
                        base.code(),
                        runtime,
                        HandlerConvention.AUTO,
                        "",
                        List.of(),
                        environment,
                        List.of(),
                        LIMITS,
                        base.timeout(),
                        1,
                        base.network(),
                        Map.of(),
                        Map.of(),
                        List.of(),
                        "",
                        List.of(),
                        scaling,
                        List.of(),
                        false,
                        StartPreference.TEMPLATE));
    }

    /** Waits until a function starts from its template. */
    TemplateStatus awaitTemplate(String name) {
        TemplateStatus status = awaitOutcome(name);
        assertThat(status.reason()).isEmpty();
        assertThat(status.state()).isEqualTo(State.READY);
        return status;
    }

    /** Waits until it is known whether a function has a template. */
    TemplateStatus awaitOutcome(String name) {
        FunctionName function = FunctionName.parse(name);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> engine.templates().describe(function).state() != State.PREPARING);
        return engine.templates().describe(function);
    }

    Answer call(String name, String body) throws IOException {
        return Calls.call(engine.invoker(), name, body);
    }

    /** Calls a new instance, which must have been started in a certain way. */
    String call(StartKind start, String name, String body) throws IOException {
        scaleToZero(name);
        Answer answer = call(name, body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.servedBy().start()).isEqualTo(start);
        return answer.body();
    }

    /** Ends all instances of a function, and awaits that. */
    void scaleToZero(String name) {
        FunctionName function = FunctionName.parse(name);
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    // A start that nobody waits for any more ends up idle.
                    engine.functions().scale(function, 0);
                    return engine.functions().describe(function).replicas() == 0;
                });
    }

    /** A file beside this class's tests. */
    static String resource(String name) {
        try (InputStream in =
                Objects.requireNonNull(TemplateFixture.class.getResourceAsStream("/templates/" + name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}
