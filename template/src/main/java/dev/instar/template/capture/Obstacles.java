package dev.instar.template.capture;

import dev.instar.linux.ProcFiles;
import dev.instar.linux.TaskStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Refuses processes that are not alone, or on which something is about to happen. */
final class Obstacles {
    private static final String WAIT = "end it and wait for it in a before-checkpoint hook";

    private final int pid;
    private final ProcFiles proc;

    Obstacles(int pid, ProcFiles proc) {
        this.pid = pid;
        this.proc = proc;
    }

    /** Looks for what there is. */
    void check() throws IOException {
        require("task/" + pid + "/children", "CONFIG_PROC_CHILDREN");
        require("timers", "CONFIG_CHECKPOINT_RESTORE");
        for (int child : proc.children(pid)) {
            throw new CaptureRefusedException("child " + describe(child), WAIT);
        }
        for (int other : others()) {
            throw new CaptureRefusedException("another " + describe(other) + " in the same sandbox", WAIT);
        }
        String timers = proc.timers(pid);
        if (!timers.isEmpty()) {
            throw new CaptureRefusedException(
                    "a POSIX timer (" + timers.lines().findFirst().orElse("") + ")",
                    "delete it in a before-checkpoint hook and make it again in an after-restore hook");
        }
        for (int tid : proc.threads(pid)) {
            proc.threadStatus(pid, tid).ifPresent(this::checkSignals);
        }
    }

    /** A kernel that cannot tell of an obstacle is none on which there are no obstacles. */
    private void require(String file, String option) throws IOException {
        if (!Files.exists(proc.file(pid, file)) && Files.exists(proc.file(pid, "stat"))) {
            throw new IOException("the kernel was built without " + option + ", which captures need");
        }
    }

    private void checkSignals(TaskStatus thread) {
        long pending = thread.pendingSignals() | thread.sharedPendingSignals();
        if (pending != 0) {
            throw new CaptureRefusedException(
                    "a pending signal, " + (Long.numberOfTrailingZeros(pending) + 1) + ", of thread "
                            + thread.namespaceId(),
                    "unblock it or take it with sigwait before the checkpoint");
        }
    }

    /** Those that share a pid namespace of their own, but for its init. */
    private List<Integer> others() {
        Optional<String> namespace = proc.link(pid, "ns/pid");
        List<Integer> others = new ArrayList<>();
        if (namespace.isEmpty()
                || namespace.equals(proc.link((int) ProcessHandle.current().pid(), "ns/pid"))) {
            return others;
        }
        String[] entries = Objects.requireNonNullElse(Path.of("/proc").toFile().list(), new String[0]);
        for (String entry : entries) {
            if (entry.chars().allMatch(Character::isDigit)) {
                int other = Integer.parseInt(entry);
                boolean init = proc.threadStatus(other, other)
                        .map(TaskStatus::namespaceId)
                        .equals(Optional.of(1));
                if (other != pid && !init && proc.link(other, "ns/pid").equals(namespace)) {
                    others.add(other);
                }
            }
        }
        return others;
    }

    private String describe(int process) {
        int inside =
                proc.threadStatus(process, process).map(TaskStatus::namespaceId).orElse(process);
        return "process " + inside + " (" + proc.threadName(process, process).orElse("ended") + ")";
    }
}
