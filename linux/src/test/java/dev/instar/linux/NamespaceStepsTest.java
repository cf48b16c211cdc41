package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a process does in a pid namespace, and only there. */
class NamespaceStepsTest {
    private Launcher launcher;
    private Child init;

    @BeforeEach
    void start() throws Exception {
        launcher = Launcher.start("launcher");
        init = launcher.newChild(CloneFlags.NEWPID, null, null);
        Steps steps = new Steps(new SyscallProgram());
        steps.unshare(CloneFlags.NEWNS);
        steps.mount("", "/", "", MountFlags.REC | MountFlags.PRIVATE, "");
        steps.mount("proc", "/proc", "proc", 0, "");
        steps.ignoreChildren();
        init.run(steps.program());
    }

    @AfterEach
    void close() {
        init.close();
        launcher.close();
    }

    private Child inside() {
        return launcher.newChild(0, init, null);
    }

    private SyscallProgram requireInside() {
        SyscallProgram program = new SyscallProgram();
        new NamespaceSteps(program).requireInside(init);
        return program;
    }

    private static int number(Child child) throws Exception {
        String numbers = Files.readAllLines(Path.of("/proc/" + child.pid() + "/status")).stream()
                .filter(line -> line.startsWith("NSpid"))
                .findFirst()
                .orElseThrow();
        return Integer.parseInt(numbers.substring(numbers.lastIndexOf('\t') + 1));
    }

    /** Without a signal in the program: it must fail before it would come to one. */
    @Test
    void aProcessOutsideIsFoundOut() {
        try (Child outside = launcher.newChild(0, null, null)) {
            assertThatThrownBy(() -> outside.run(requireInside()))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("chdir(\"/proc/self/task\"): ENOENT");
        }
        try (Child child = inside()) {
            assertThat(child.run(requireInside())).isZero();
        }
    }

    @Test
    void killsAllButTheInitAndItself() throws Exception {
        try (Child one = inside();
                Child other = inside();
                Child killer = inside()) {
            SyscallProgram program = requireInside();
            new NamespaceSteps(program).killAllOthers();
            killer.run(program);
            assertThat(one.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
            assertThat(other.exit().get(10, TimeUnit.SECONDS).signal()).isEqualTo(9);
            assertThat(killer.run(new SyscallProgram())).isZero();
            assertThat(init.exit()).isNotDone();
            // Nobody is left to be killed, which is no error.
            killer.run(program);
        }
    }

    @Test
    void numbersBeginAgain() throws Exception {
        Child first = inside();
        assertThat(number(first)).isEqualTo(2);
        first.close();
        first.exit().get(10, TimeUnit.SECONDS);
        try (Child second = inside()) {
            assertThat(number(second)).isEqualTo(3);
            SyscallProgram open = new SyscallProgram();
            new NamespaceSteps(open).openLastPid();
            int file = (int) second.run(open);
            SyscallProgram forget = requireInside();
            new NamespaceSteps(forget).forgetPids(file);
            second.run(forget);
            try (Child third = inside()) {
                assertThat(number(third)).isEqualTo(2);
            }
        }
    }
}
