package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import java.nio.file.Path;

/**
 * Steps of a process that acts in a pid namespace other than the host's. What they do there would be ruinous outside,
 * so {@link #requireInside} comes before them in the same program, which ends at the first step that fails.
 */
public final class NamespaceSteps {
    private static final int AT_FDCWD = -100;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 02000000;
    private static final int SIGKILL = 9;

    /** The number that the kernel gave to the last process of the reader's or writer's pid namespace. */
    public static final Path LAST_PID = Path.of("/proc/sys/kernel/ns_last_pid");

    private final SyscallProgram program;
    private final Steps steps;

    /** Steps are added to this program. */
    public NamespaceSteps(SyscallProgram program) {
        this.program = program;
        this.steps = new Steps(program);
    }

    /** Opens the file behind {@link #forgetPids}, from a root where it can be written; the result is its descriptor. */
    public int openLastPid() {
        return program.call(
                "openat(\"" + LAST_PID + "\", O_WRONLY)",
                257,
                number(AT_FDCWD),
                program.string(LAST_PID.toString()),
                number(O_WRONLY | O_CLOEXEC),
                number(0));
    }

    /**
     * Enters the mount namespace of a pid namespace's first process, and fails unless this process is in that pid
     * namespace: the link {@code /proc/self} leads nowhere (ENOENT) for whoever has no number where that {@code /proc}
     * belongs.
     */
    public int requireInside(Child init) {
        steps.setns(init.pidfd(), CloneFlags.NEWNS);
        return steps.chdir("/proc/self/task");
    }

    /**
     * Sends SIGKILL to all that the pid namespace holds but its first process and this one (kill(2), pid −1). The
     * kernel looks at all of them under the lock that a new process needs to appear, and a process with this signal
     * pending makes none: nobody forks their way out.
     */
    public int killAllOthers() {
        int step = program.call("kill(-1, SIGKILL)", 62, number(-1), number(SIGKILL));
        program.tolerate(Errno.ESRCH);
        return step;
    }

    /**
     * Has the next process of this process's pid namespace get the lowest free number again.
     *
     * @param descriptor of this process, from {@link #openLastPid}
     */
    public int forgetPids(int descriptor) {
        // The namespace's first process keeps number 1.
        return program.call("write(ns_last_pid, 1)", 1, number(descriptor), program.string("1"), number(1));
    }
}
