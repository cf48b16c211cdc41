package dev.instar.engine.instances;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.Quota;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.logs.LogSettings;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Events;
import dev.instar.engine.process.ProcessSandboxPool;
import dev.instar.engine.process.Specs;
import dev.instar.runtime.RuntimeCommand;
import dev.instar.runtime.RuntimeFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Instances of Python functions in plain processes. */
final class InstancesFixture implements AutoCloseable {
    final Events events = new Events();
    final ProcessSandboxPool sandboxes;
    final FileFunctionLogs logs;
    final Instances instances;
    final Map<String, Quota> quotas = new ConcurrentHashMap<>();

    private final Path directory;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger versions = new AtomicInteger();

    InstancesFixture(Path directory) {
        this(directory, Long.MAX_VALUE / 2, 256, Duration.ofSeconds(10));
    }

    InstancesFixture(Path directory, long memoryBound, int queueLength, Duration roomPatience) {
        this(directory, memoryBound, queueLength, roomPatience, Duration.ofMillis(50));
    }

    InstancesFixture(Path directory, long memoryBound, int queueLength, Duration roomPatience, Duration tidyInterval) {
        this(directory, memoryBound, queueLength, roomPatience, tidyInterval, Integer.MAX_VALUE);
    }

    InstancesFixture(
            Path directory,
            long memoryBound,
            int queueLength,
            Duration roomPatience,
            Duration tidyInterval,
            int maximumSandboxes) {
        this.directory = directory;
        Path shims = directory.resolve("shims");
        RuntimeFiles.extractTo(shims);
        sandboxes = new ProcessSandboxPool(shims, maximumSandboxes);
        logs = new FileFunctionLogs(directory.resolve("logs"), LogSettings.DEFAULT, Clock.systemUTC());
        Workloads workloads = new Workloads(Path::of, directory, (_, _) -> Map.of(), RuntimeCommand.Places.STANDARD);
        ColdStart cold = new ColdStart(sandboxes, workloads, Duration.ofSeconds(3), timer);
        instances = new Instances(
                new InstanceSettings(queueLength, 4, memoryBound, roomPatience, tidyInterval, Duration.ZERO),
                _ -> cold,
                namespace -> quotas.getOrDefault(namespace, Quota.UNBOUNDED),
                sandboxes::chargedBytes,
                () -> false,
                logs,
                events);
    }

    void deploy(String name, String source) throws IOException {
        deploy(name, source, specs -> specs);
    }

    void deploy(String name, String source, UnaryOperator<Specs> change) throws IOException {
        int number = versions.incrementAndGet();
        Path code = Files.createDirectories(directory.resolve("code" + number));
        Files.writeString(code.resolve("handler.py"), source);
        instances.deploy(new FunctionVersion(
                number,
                "sha256:" + number,
                change.apply(Specs.of(name, code.toString())).spec(),
                Instant.now()));
    }

    Answer call(String function, String body) throws IOException {
        return Calls.call(instances.invoker(), function, body);
    }

    CompletableFuture<Answer> start(String function, String body) {
        return Calls.start(instances.invoker(), function, body);
    }

    Instances.PoolStatus status(String function) {
        return instances.status(FunctionName.parse(function));
    }

    /** The scheduler's own view of a function. */
    InstancePool pool(String function) {
        return instances.pool(FunctionName.parse(function));
    }

    List<String> log(String function) {
        List<String> lines = new ArrayList<>();
        logs.read(
                FunctionName.parse(function),
                -1,
                Instant.EPOCH,
                "",
                (Line line) -> lines.add(line.stream() + ": " + line.text()));
        return lines;
    }

    @Override
    public void close() {
        instances.close();
        timer.shutdownNow();
        logs.close();
        int left = sandboxes.total();
        sandboxes.close();
        if (left != 0) {
            throw new AssertionError(left + " sandboxes were left open");
        }
    }
}
