package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    @TempDir
    Path directory;

    private Launcher launcher;
    private PipeReader pipes;

    @BeforeEach
    void start() throws Exception {
        launcher = Launcher.start("launcher");
        pipes = PipeReader.start();
    }

    @AfterEach
    void stop() {
        launcher.close();
        pipes.close();
    }

    @Test
    void layoutOfTheNativeProgramAgrees() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(Launcher.class.getResource("launcher").toURI()).toString(), "--layout")
                .start();
        Map<String, Integer> printed = new TreeMap<>();
        try (InputStream out = process.getInputStream()) {
            for (String line : new String(out.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                printed.put(line.split(" ")[0], Integer.parseInt(line.split(" ")[1]));
            }
        }
        assertThat(printed)
                .isEqualTo(new TreeMap<>(Map.ofEntries(
                        Map.entry("header", LauncherLayout.HEADER),
                        Map.entry("step", LauncherLayout.STEP),
                        Map.entry("step.tolerated", LauncherLayout.STEP_TOLERATED),
                        Map.entry("step.store", LauncherLayout.STEP_STORE),
                        Map.entry("step.kinds", LauncherLayout.STEP_KINDS),
                        Map.entry("step.arguments", LauncherLayout.STEP_ARGUMENTS),
                        Map.entry("pointer", LauncherLayout.POINTER),
                        Map.entry("answer", LauncherLayout.ANSWER),
                        Map.entry("answer.step", LauncherLayout.ANSWER_STEP),
                        Map.entry("answer.error", LauncherLayout.ANSWER_ERROR),
                        Map.entry("answer.pid", LauncherLayout.ANSWER_PID),
                        Map.entry("answer.result", LauncherLayout.ANSWER_RESULT),
                        Map.entry("answer.status", LauncherLayout.ANSWER_STATUS),
                        Map.entry("answer.cpu_nanos", LauncherLayout.ANSWER_CPU_NANOS),
                        Map.entry("answer.peak_kib", LauncherLayout.ANSWER_PEAK_KIB),
                        Map.entry("magic", LauncherLayout.MAGIC),
                        Map.entry("message_size", LauncherLayout.MESSAGE_SIZE),
                        Map.entry("maximum_fds", LauncherLayout.MAXIMUM_FDS),
                        Map.entry("maximum_steps", LauncherLayout.MAXIMUM_STEPS),
                        Map.entry("special_clone", LauncherLayout.SPECIAL_CLONE),
                        Map.entry("special_pause", LauncherLayout.SPECIAL_PAUSE),
                        Map.entry("special_persist", LauncherLayout.SPECIAL_PERSIST),
                        Map.entry("special_wake", LauncherLayout.SPECIAL_WAKE),
                        Map.entry("special_load", LauncherLayout.SPECIAL_LOAD),
                        Map.entry("keep_signal_mask", LauncherLayout.KEEP_SIGNAL_MASK),
                        Map.entry("keep_pid_namespace", LauncherLayout.KEEP_PID_NAMESPACE),
                        Map.entry("control_fd", LauncherLayout.CONTROL_FD),
                        Map.entry("thread", LauncherLayout.THREAD),
                        Map.entry("thread.robust_list", LauncherLayout.THREAD_ROBUST_LIST),
                        Map.entry("thread.rseq", LauncherLayout.THREAD_RSEQ),
                        Map.entry("thread.rseq_size", LauncherLayout.THREAD_RSEQ_SIZE),
                        Map.entry("thread.rseq_signature", LauncherLayout.THREAD_RSEQ_SIGNATURE),
                        Map.entry("thread.clear_thread_id", LauncherLayout.THREAD_CLEAR_THREAD_ID),
                        Map.entry("thread.thread_pointer", LauncherLayout.THREAD_THREAD_POINTER),
                        Map.entry("thread.frame", LauncherLayout.THREAD_FRAME),
                        Map.entry("thread.name", LauncherLayout.THREAD_NAME))));
    }

    @Test
    void executesAProgramWithItsEnvironmentAndReportsItsEnd() throws Exception {
        Output output = new Output();
        try (Child child = launcher.newChild(0, null, null)) {
            Steps steps = new Steps(new SyscallProgram());
            try (Fd out = pipes.open(output)) {
                steps.duplicate(out, 1);
                steps.execute(List.of("/bin/sh", "-c", "echo $GREETING; exit 7"), List.of("GREETING=hello"));
                child.execute(steps.program());
            }
            ExitStatus status = child.exit().get(10, TimeUnit.SECONDS);
            assertThat(status.code()).isEqualTo(7);
            assertThat(child.executionFailure(steps.program())).isNull();
            assertThat(output.text.get(10, TimeUnit.SECONDS)).isEqualTo("hello\n");
        }
    }

    @Test
    void namesTheStepThatFails() throws Exception {
        Child child = launcher.newChild(0, null, null);
        Steps steps = new Steps(new SyscallProgram());
        steps.chdir("/");
        steps.chdir("/nowhere");
        assertThatThrownBy(() -> child.run(steps.program()))
                .isInstanceOf(LinuxException.class)
                .hasMessage("chdir(\"/nowhere\"): ENOENT");
        assertThat(child.exit().get(10, TimeUnit.SECONDS).code()).isEqualTo(126);
        child.close();
    }

    @Test
    void tellsWhyAProgramWasNotExecuted() throws Exception {
        try (Child child = launcher.newChild(0, null, null)) {
            Steps steps = new Steps(new SyscallProgram());
            steps.execute(List.of("/no/such/program"), List.of());
            child.execute(steps.program());
            child.exit().get(10, TimeUnit.SECONDS);
            assertThat(child.executionFailure(steps.program())).hasMessage("execve(\"/no/such/program\"): ENOENT");
        }
    }

    @Test
    void usesResultsOfEarlierStepsAndToleratesWhatItIsTold() throws Exception {
        Path file = directory.resolve("written");
        Files.createFile(file);
        try (Child child = launcher.newChild(0, null, null)) {
            Steps steps = new Steps(new SyscallProgram());
            steps.makeDirectory(directory.toString(), 0700);
            steps.program().tolerate(Errno.EEXIST);
            steps.write(file.toString(), "through a result");
            child.run(steps.program());
        }
        assertThat(file).hasContent("through a result");
    }

    @Test
    void initOfAPidNamespaceTakesEverythingWithIt() throws Exception {
        try (Child init = launcher.newChild(CloneFlags.NEWPID, null, null)) {
            Steps steps = new Steps(new SyscallProgram());
            steps.ignoreChildren();
            steps.pause();
            init.run(steps.program());
            try (Child inside = launcher.newChild(0, init, null)) {
                Steps sleep = new Steps(new SyscallProgram());
                sleep.execute(List.of("/bin/sleep", "1000"), List.of());
                inside.execute(sleep.program());
                init.kill();
                assertThat(inside.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
                assertThat(init.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
            }
        }
    }

    /** The signal on its parent's death, which a change of credentials takes away, is not all that ends it. */
    @Test
    void aPausedChildEndsWhenItsSocketCloses() throws Exception {
        Child child = launcher.newChild(0, null, null);
        Steps steps = new Steps(new SyscallProgram());
        steps.pause();
        child.run(steps.program());
        assertThat(child.exit()).isNotDone();
        child.close();
        assertThat(child.exit().get(10, TimeUnit.SECONDS).code()).isZero();
    }

    /** Its number may be another file's by then, that of another process above all. */
    @Test
    void anEndIsAwaitedWhateverIsClosedMeanwhile() throws Exception {
        Child bystander = launcher.newChild(0, null, null);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int i = 0; i < 400; i++) {
                Child child = launcher.newChild(0, null, null);
                child.kill();
                child.exit().get(10, TimeUnit.SECONDS);
                Future<Boolean> ended = threads.submit(() -> child.awaitEnd(Duration.ofSeconds(10)));
                Future<?> closed = threads.submit(() -> {
                    child.close();
                    child.kill();
                    // Takes the lowest free number.
                    try (Fd other = bystander.pidfd().duplicate().orElseThrow()) {
                        assertThat(other.number()).isPositive();
                    }
                });
                assertThat(ended.get()).isTrue();
                closed.get();
            }
            assertThat(bystander.exit()).isNotDone();
        } finally {
            bystander.close();
        }
    }

    @Test
    void aChildIsBornInAControlGroup() throws Exception {
        Path hierarchy = new ProcFiles()
                .mounts().stream()
                        .filter(mount -> mount.type().equals("cgroup2"))
                        .map(MountEntry::mountPoint)
                        .findFirst()
                        .orElseThrow();
        Path group = Files.createDirectory(
                hierarchy.resolve("instar-birth-" + ProcessHandle.current().pid()));
        try {
            try (Fd directory = Fd.openForReading(group);
                    Child child = launcher.newChild(0, null, directory)) {
                assertThat(Path.of("/proc/" + child.pid() + "/cgroup"))
                        .content()
                        .containsPattern("(?m)^0::.*/" + group.getFileName() + "$");
                child.kill();
                assertThat(child.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
            }
        } finally {
            Files.delete(group);
        }
    }

    @Test
    void laterChildrenAreBornInTheHostsPidNamespaceAgain() throws Exception {
        try (Child init = launcher.newChild(CloneFlags.NEWPID, null, null);
                Child inside = launcher.newChild(0, init, null);
                Child outside = launcher.newChild(0, null, null)) {
            Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
            assertThat(pidNamespace(inside)).isNotEqualTo(own).isEqualTo(pidNamespace(init));
            assertThat(pidNamespace(outside)).isEqualTo(own);
        }
    }

    @Test
    void childrenEndWithTheLauncher() throws Exception {
        Child child = launcher.newChild(0, null, null);
        int pid = child.pid();
        launcher.close();
        assertThat(child.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> ProcessHandle.of(pid).isEmpty());
        child.close();
    }

    @Test
    void refusesAProgramThatIsTooLarge() {
        SyscallProgram program = new SyscallProgram();
        program.bytes(new byte[LauncherLayout.MESSAGE_SIZE]);
        assertThatThrownBy(() -> launcher.run(program))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128 KiB");
    }

    @Test
    void leavesNoDescriptorsBehind() throws Exception {
        long before = descriptors();
        for (int i = 0; i < 20; i++) {
            try (Child child = launcher.newChild(0, null, null)) {
                child.kill();
                child.exit().get(10, TimeUnit.SECONDS);
            }
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before);
        assertThat(descriptorsOf(launcher.pid())).isLessThanOrEqualTo(6);
    }

    private static long descriptors() throws Exception {
        return descriptorsOf(ProcessHandle.current().pid());
    }

    private static long descriptorsOf(long pid) throws Exception {
        try (var entries = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return entries.count();
        }
    }

    private static Path pidNamespace(Child child) throws Exception {
        return Files.readSymbolicLink(Path.of("/proc", Integer.toString(child.pid()), "ns/pid"));
    }

    private static final class Output implements PipeReader.Sink {
        private final List<Byte> bytes = new ArrayList<>();
        private final CompletableFuture<String> text = new CompletableFuture<>();

        @Override
        public void bytes(ByteBuffer more) {
            while (more.hasRemaining()) {
                bytes.add(more.get());
            }
        }

        @Override
        public void end() {
            byte[] all = new byte[bytes.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = bytes.get(i);
            }
            text.complete(new String(all, StandardCharsets.UTF_8));
        }
    }
}
