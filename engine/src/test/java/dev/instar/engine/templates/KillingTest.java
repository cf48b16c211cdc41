package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.TemplateStatus.State;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.HostTraces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of templates are killed while calls come in, and the engine is closed and opened again. */
@Timeout(180)
class KillingTest {
    private static final int CALLERS = 4;
    private static final String FUNCTION = """
            import time
            print("imported", flush=True)
            table = list(range(20000))
            def handle(event, context):
                time.sleep(0.004)
                return {"statusCode": 200, "body": str(sum(table))}
            """;
    private static final String POLLERS = "anon_inode:\\[event(poll|fd)\\]";
    private static final String EXPECTED = "199990000";
    private static final Scaling SHORT_LIVED = new Scaling(0, 6, Duration.ofMillis(30));

    @TempDir
    Path directory;

    /** What a process below this one is, by what the host sees of it. */
    private enum Role {
        ZYGOTE,
        SEATED,
        INSTANCE
    }

    private static List<ProcessHandle> processes(Role role) {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> role.equals(role(process.pid())))
                .toList();
    }

    private static Role role(long pid) {
        try {
            String status = Files.readString(Path.of("/proc/" + pid + "/status"));
            boolean inSandbox =
                    status.lines().anyMatch(line -> line.startsWith("NSpid:") && line.split("\\s+").length > 2);
            if (status.startsWith("Name:\tinstar-zygote")) {
                return inSandbox ? Role.SEATED : Role.ZYGOTE;
            }
            return status.startsWith("Name:\tpython3") ? Role.INSTANCE : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void killedZygotesAndSeatedClonesLoseNoCall() throws Exception {
        Outcome outcome = underFire(new Role[] {Role.ZYGOTE, Role.SEATED}, false);

        assertThat(outcome.killed()).isGreaterThan(10);
        assertThat(outcome.failures()).isEmpty();
        assertThat(outcome.answered()).isGreaterThan(50);
    }

    @Test
    void killedInstancesAndCapturedProcessesLoseTheirOwnCallsOnly() throws Exception {
        Outcome outcome = underFire(new Role[] {Role.INSTANCE, Role.INSTANCE, Role.ZYGOTE}, true);

        assertThat(outcome.killed()).isGreaterThan(10);
        assertThat(outcome.failures())
                .allMatch(failure -> failure instanceof InstanceFailedException
                        || failure instanceof StartFailedException killed
                                && String.valueOf(killed.getMessage()).contains("killed by signal 9"));
        assertThat(outcome.answered()).isGreaterThan(50);
    }

    private record Outcome(int answered, int killed, List<Exception> failures) {}

    /** Calls a function from four threads while processes are killed, and checks what is left over. */
    private Outcome underFire(Role[] targets, boolean rebuilding) throws Exception {
        try (TemplateFixture warmUp = TemplateFixture.open(directory.resolve("first"))) {
            // What a process opens once and for all, it has open now.
            warmUp.deploy("f", RuntimeKind.PYTHON, FUNCTION);
            warmUp.awaitTemplate("f");
            warmUp.call(StartKind.TEMPLATE, "f", "");
        }
        AtomicInteger answered = new AtomicInteger();
        ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();
        int killed = 0;
        TemplateFixture idle = TemplateFixture.open(directory.resolve("second"));
        idle.close();
        HostTraces before = HostTraces.take(idle.sandboxes);
        Map<String, Integer> openBefore = descriptors();
        try (TemplateFixture fixture = TemplateFixture.open(directory.resolve("second"))) {
            fixture.deploy("f", RuntimeKind.PYTHON, FUNCTION, SHORT_LIVED);
            fixture.awaitTemplate("f");
            AtomicBoolean stop = new AtomicBoolean();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                Random pause = new Random(i);
                callers.add(Thread.ofVirtual().start(() -> {
                    while (!stop.get()) {
                        try {
                            Answer answer = fixture.call("f", "");
                            assertThat(answer.body()).isEqualTo(EXPECTED);
                            answered.incrementAndGet();
                            Thread.sleep(pause.nextInt(80));
                        } catch (Exception e) {
                            failures.add(e);
                        }
                    }
                }));
            }
            Random random = new Random(7);
            long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
            while (System.nanoTime() < end) {
                if (rebuilding && random.nextInt(8) == 0) {
                    fixture.engine.templates().rebuild(FunctionName.parse("f"));
                }
                List<ProcessHandle> found = processes(targets[random.nextInt(targets.length)]);
                if (!found.isEmpty()) {
                    found.get(random.nextInt(found.size())).destroyForcibly();
                    killed++;
                }
                Thread.sleep(random.nextInt(60));
            }
            stop.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            if (rebuilding) {
                fixture.engine.templates().rebuild(FunctionName.parse("f"));
            }
            // What failed while processes were being killed is tried again.
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> fixture.engine
                                    .templates()
                                    .describe(FunctionName.parse("f"))
                                    .state()
                            == State.READY);
            assertThat(fixture.call(StartKind.TEMPLATE, "f", "")).isEqualTo(EXPECTED);
        }
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            HostTraces after = HostTraces.take(idle.sandboxes);
            assertThat(after.processes()).isEqualTo(before.processes());
            assertThat(after.mounts()).isEqualTo(before.mounts());
            assertThat(after.controlGroups()).isEqualTo(before.controlGroups());
            assertThat(descriptors()).isEqualTo(openBefore);
            assertThat(after.threads()).isEqualTo(before.threads());
            assertThat(after.files()).isEqualTo(before.files());
        });
        return new Outcome(answered.get(), killed, List.copyOf(failures));
    }

    /**
     * What this process has open, by kind; but for what the JVM opens when it first needs it: its classes, and pollers
     * for virtual threads, which are epoll sets and event counters.
     */
    private static Map<String, Integer> descriptors() throws IOException {
        Map<String, Integer> kinds = new TreeMap<>();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : open.toList()) {
                String target = Files.isSymbolicLink(each)
                        ? Files.readSymbolicLink(each).toString()
                        : ".jar";
                if (!target.endsWith(".jar") && !target.startsWith("/proc/") && !target.matches(POLLERS)) {
                    kinds.merge(target.replaceAll("\\[\\d+]", ""), 1, Integer::sum);
                }
            }
        }
        return kinds;
    }

    @Test
    void aRestartedEngineRunsNoCodeOfTheFunctionAnew() throws Exception {
        try (TemplateFixture fixture = TemplateFixture.open(directory)) {
            fixture.deploy("f", RuntimeKind.PYTHON, FUNCTION);
            fixture.awaitTemplate("f");
            assertThat(fixture.call(StartKind.TEMPLATE, "f", "")).isEqualTo(EXPECTED);
            assertThat(imports(fixture)).isEqualTo(1);
        }
        try (TemplateFixture fixture = TemplateFixture.open(directory)) {
            fixture.awaitTemplate("f");
            assertThat(fixture.call(StartKind.TEMPLATE, "f", "")).isEqualTo(EXPECTED);
            assertThat(imports(fixture)).isEqualTo(1);
        }
    }

    private static long imports(TemplateFixture fixture) {
        List<String> lines = new ArrayList<>();
        fixture.engine
                .logs()
                .read(FunctionName.parse("f"), -1, Instant.EPOCH, "", (Line line) -> lines.add(line.text()));
        return lines.stream().filter("imported"::equals).count();
    }
}
