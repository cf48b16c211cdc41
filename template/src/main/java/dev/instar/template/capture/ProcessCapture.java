package dev.instar.template.capture;

import dev.instar.linux.Injection;
import dev.instar.linux.MemoryBounds;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.TaskStatus;
import dev.instar.template.image.Bytes;
import dev.instar.template.image.ProcessState;
import dev.instar.template.image.SignalAction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Takes what belongs to a process as a whole. */
final class ProcessCapture {
    private static final int SIGNALS = 64;
    private static final int RLIMIT_NOFILE = 7;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int SIGNAL_SET_BYTES = 8;
    private static final int SIGACTION_BYTES = 32;
    private static final int ITIMERVAL_BYTES = 32;
    private static final int INTERVAL_TIMERS = 3;

    private final int pid;
    private final ProcFiles proc;
    private final SandboxFiles files;

    ProcessCapture(int pid, ProcFiles proc, SandboxFiles files) {
        this.pid = pid;
        this.proc = proc;
        this.files = files;
    }

    /**
     * Takes the state.
     *
     * @param given descriptor numbers that every instance finds open at its start
     */
    ProcessState state(Injection injection, Set<Integer> given) throws IOException {
        MemoryBounds bounds = proc.bounds(pid).orElseThrow(this::ended);
        String executable = path("the executable", "exe");
        files.dependOn(executable, "exe");
        return new ProcessState(
                executable,
                path("the working directory", "cwd"),
                proc.threadStatus(pid, pid).map(TaskStatus::umask).orElseThrow(this::ended),
                bounds.startCode(),
                bounds.endCode(),
                bounds.startData(),
                bounds.endData(),
                bounds.startBreak(),
                injection.call("brk", 0),
                bounds.startStack(),
                bounds.argumentsStart(),
                bounds.argumentsEnd(),
                bounds.environmentStart(),
                bounds.environmentEnd(),
                Bytes.of(Files.readAllBytes(proc.file(pid, "auxv"))),
                openFiles(injection),
                proc.descriptors(pid).stream()
                        .filter(one -> given.contains(one.number()))
                        .map(one -> new ProcessState.Given(one.number(), one.closeOnExec()))
                        .sorted(Comparator.comparingInt(ProcessState.Given::number))
                        .toList());
    }

    private static ProcessState.Limit openFiles(Injection injection) throws IOException {
        injection.call("getrlimit", RLIMIT_NOFILE, injection.scratch());
        ByteBuffer limit = little(injection.scratchBytes(2 * Long.BYTES));
        return new ProcessState.Limit(limit.getLong(0), limit.getLong(Long.BYTES));
    }

    private String path(String what, String link) throws IOException {
        return files.path(what, link, proc.link(pid, link).orElseThrow(this::ended));
    }

    private IOException ended() {
        return new IOException("process " + pid + " has ended");
    }

    /** Takes the signal actions that are not the default. */
    List<SignalAction> signalActions(Injection injection) throws IOException {
        List<SignalAction> actions = new ArrayList<>();
        for (int signal = 1; signal <= SIGNALS; signal++) {
            if (signal != SIGKILL && signal != SIGSTOP) {
                injection.call("rt_sigaction", signal, 0, injection.scratch(), SIGNAL_SET_BYTES);
                ByteBuffer action = little(injection.scratchBytes(SIGACTION_BYTES));
                SignalAction taken = new SignalAction(
                        signal, action.getLong(0), action.getLong(8), action.getLong(16), action.getLong(24));
                // Flags count without a handler: SA_NOCLDWAIT reaps children.
                if (taken.handler() != 0 || taken.flags() != 0) {
                    actions.add(taken);
                }
            }
        }
        return actions;
    }

    /** Refuses interval timers that are armed. */
    void checkIntervalTimers(Injection injection) throws IOException {
        for (int timer = 0; timer < INTERVAL_TIMERS; timer++) {
            injection.call("getitimer", timer, injection.scratch());
            ByteBuffer value = little(injection.scratchBytes(ITIMERVAL_BYTES));
            if (value.getLong(16) != 0 || value.getLong(24) != 0) {
                throw new CaptureRefusedException(
                        "an interval timer (setitimer or alarm)",
                        "stop it in a before-checkpoint hook and start it again in an after-restore hook");
            }
        }
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
