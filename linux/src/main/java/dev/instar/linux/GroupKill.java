package dev.instar.linux;

import java.nio.file.Path;
import java.util.Optional;

/** Kills the processes of a group where the kernel cannot do it in one step. */
final class GroupKill {
    private GroupKill() {}

    /**
     * Signals every process in a group and below.
     *
     * @param pidsDirectory the group in the hierarchy of the pids controller, if there is one
     */
    static void killOneByOne(ControlGroup group, Optional<Path> pidsDirectory) {
        if (pidsDirectory.isEmpty()) {
            killListed(group);
            return;
        }
        // Without room for a new process none can slip in between listing and signalling. A fork that is already
        // past the limit's check fails once its caller has SIGKILL pending, so the limit can come back right after.
        Path limit = pidsDirectory.get().resolve("pids.max");
        String before = ControlFiles.read(limit);
        ControlFiles.write(limit, "0");
        try {
            killListed(group);
        } finally {
            ControlFiles.write(limit, before);
        }
    }

    private static void killListed(ControlGroup group) {
        for (int pid : group.pids()) {
            if (pid != ProcessHandle.current().pid()) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
        group.children().forEach(GroupKill::killListed);
    }
}
