package dev.instar.engine.node;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.async.AsyncSettings;
import dev.instar.engine.async.RetryPolicy;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Events;
import dev.instar.engine.process.ProcessSandboxPool;
import dev.instar.engine.process.Specs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;

/** A whole engine whose sandboxes are plain processes. */
@NullUnmarked
public final class EngineFixture implements AutoCloseable {
    public final Path directory;
    public final Events events = new Events();
    public final LocalEngine engine;
    public ProcessSandboxPool sandboxes;

    public EngineFixture(Path directory) throws IOException {
        this(directory, Clock.systemUTC());
    }

    public EngineFixture(Path directory, Clock clock) throws IOException {
        this.directory = directory;
        RetryPolicy retry = new RetryPolicy(3, Duration.ofMillis(20), Duration.ofMillis(100));
        EngineSettings settings = EngineSettings.builder(directory)
                .tidyInterval(Duration.ofMillis(50))
                .async(new AsyncSettings(8, retry, Duration.ofSeconds(2), 3, 1000, true))
                .clock(clock)
                .build();
        engine = LocalEngine.open(settings, this::sandboxes, events);
    }

    private ProcessSandboxPool sandboxes(Path shims) {
        sandboxes = new ProcessSandboxPool(shims);
        return sandboxes;
    }

    /** Stores an archive with these files; its digest. */
    public String store(Map<String, String> files) throws IOException {
        return engine.code().store("default", Format.ZIP, Archives.zip(files));
    }

    public FunctionVersion deploy(String name, String source) throws IOException {
        return deploy(name, source, specs -> specs);
    }

    public FunctionVersion deploy(String name, String source, UnaryOperator<Specs> change) throws IOException {
        String code = store(Map.of("handler.py", source));
        return engine.functions().deploy(change.apply(Specs.of(name, code)).spec());
    }

    public Answer call(String function, String body) throws IOException {
        return Calls.call(engine.invoker(), function, body);
    }

    public List<String> log(String function) {
        List<String> lines = new ArrayList<>();
        engine.logs()
                .read(
                        FunctionName.parse(function),
                        -1,
                        Instant.EPOCH,
                        "",
                        (Line line) -> lines.add(line.stream() + ": " + line.text()));
        return lines;
    }

    @Override
    public void close() {
        engine.close();
    }
}
