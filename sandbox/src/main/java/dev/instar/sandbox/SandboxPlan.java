package dev.instar.sandbox;

import static dev.instar.linux.CloneFlags.NEWCGROUP;
import static dev.instar.linux.CloneFlags.NEWIPC;
import static dev.instar.linux.CloneFlags.NEWNET;
import static dev.instar.linux.CloneFlags.NEWNS;
import static dev.instar.linux.CloneFlags.NEWUSER;
import static dev.instar.linux.CloneFlags.NEWUTS;

import dev.instar.linux.CloneSource;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import dev.instar.linux.Landlock;
import dev.instar.linux.MountFlags;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is done in which process, and in which order, to start a workload in a prepared sandbox, which {@link FramePlan}
 * makes. The order is the security: every privilege is dropped only after the last step that needs it, and before the
 * first instruction that is not ours.
 *
 * <p>All namespaces but the user namespace belong to the host's user namespace, so that no capability a workload could
 * ever gain in its own user namespace reaches a mount, a network or a host name.
 */
final class SandboxPlan {
    /** Ids inside a sandbox; outside they are a pair that no other sandbox has at the time. */
    static final int WORKLOAD_ID = 1000;

    static final int INIT_ID = 999;

    private static final String SECRETS = "/var/openfaas/secrets";
    private static final int FIRST_CHANNEL = 3;
    private static final int PREPARED_NAMESPACES = NEWNS | NEWNET | NEWIPC | NEWUTS | NEWCGROUP;
    private static final int RLIMIT_FSIZE = 1;
    private static final int RLIMIT_CORE = 4;
    private static final int RLIMIT_NOFILE = 7;
    private static final int RLIMIT_SIGPENDING = 11;
    private static final int RLIMIT_MSGQUEUE = 12;
    private static final int RLIMIT_NICE = 13;
    private static final int RLIMIT_RTPRIO = 14;
    private static final long SMALLEST_FILE_LIMIT = 1 << 20;

    private final Path base;
    private final Landlock landlock;
    private final byte[] workloadFilter;

    SandboxPlan(Path base, Landlock landlock, byte[] workloadFilter) {
        this.base = base;
        this.landlock = landlock;
        this.workloadFilter = workloadFilter;
    }

    /** From a prepared process to the workload's first instruction. */
    SyscallProgram execute(Workload workload, WorkloadDescriptors descriptors, PreparedSandbox sandbox) {
        Steps s = new Steps(new SyscallProgram());
        attachFiles(s, workload, descriptors);
        giveDescriptors(s, descriptors, sandbox);
        confine(s, workload, sandbox);
        s.chdir("/function");
        s.seccomp(workloadFilter);
        s.execute(workload.argv(), environment(workload.environment()));
        return s.program();
    }

    /**
     * Brings a clone, which is in a strange control group and in strange namespaces, to where {@link FramePlan} and
     * {@link #execute} bring an executed workload, by the same steps in the same order, up to its first own
     * instruction. It waits there with nothing left to give up.
     *
     * @param ahead whether there is time before it begins
     */
    SyscallProgram seat(
            Workload workload,
            WorkloadDescriptors descriptors,
            PreparedSandbox sandbox,
            CloneSource source,
            boolean ahead) {
        Steps s = new Steps(new SyscallProgram());
        for (Fd file : sandbox.joinFiles()) {
            s.write(file, "0");
        }
        s.setns(sandbox.workload().pidfd(), PREPARED_NAMESPACES);
        s.chdir("/");
        attachFiles(s, workload, descriptors);
        giveDescriptors(s, descriptors, sandbox);
        if (ahead) {
            source.populate(s);
        }
        confine(s, workload, sandbox);
        // Not before: what a process opens, it opens with its rights of that moment, and it is counted as its user's.
        source.restoreDescriptors(s);
        source.restoreProcess(s, workloadFilter);
        return s.program();
    }

    /** Lets a seated clone begin. */
    SyscallProgram begin(CloneSource source) {
        Steps s = new Steps(new SyscallProgram());
        source.wake(s);
        return s.program();
    }

    /**
     * For a process that is to become a zygote of the workload: it sees the files that an instance will see, under the
     * same names, and nothing else.
     */
    SyscallProgram surroundings(ControlGroup group, WorkloadDescriptors descriptors) {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-zygote");
        // Clones inherit it.
        s.write("/proc/self/oom_score_adj", FramePlan.OOM_SCORE);
        for (Path file : group.joinFiles()) {
            s.write(file.toString(), "0");
        }
        s.dropGroups();
        s.unshare(NEWNS | NEWNET | NEWIPC | NEWUTS);
        s.mount("", "/", "", MountFlags.REC | MountFlags.PRIVATE, "");
        s.pivotRoot(base.toString());
        s.attach(descriptors.code(), "/function");
        for (int i = 0; i < descriptors.layers().size(); i++) {
            s.attach(descriptors.layers().get(i), "/layers/" + i);
        }
        s.nullDevice(0);
        s.nullDevice(1);
        s.nullDevice(2);
        return s.program();
    }

    private static void giveDescriptors(Steps s, WorkloadDescriptors descriptors, PreparedSandbox sandbox) {
        s.nullDevice(0);
        s.duplicate(descriptors.standardOutput(), 1);
        s.duplicate(descriptors.standardError(), 2);
        // Opening /dev/stdout or /dev/stderr asks for permission on the pipe.
        s.changeOwner(1, sandbox.uid(), sandbox.uid());
        s.changeOwner(2, sandbox.uid(), sandbox.uid());
        for (int i = 0; i < descriptors.channels().size(); i++) {
            s.duplicate(descriptors.channels().get(i), FIRST_CHANNEL + i);
        }
    }

    /** Everything that a workload's process loses, but for the filter. */
    private void confine(Steps s, Workload workload, PreparedSandbox sandbox) {
        setLimits(s, workload.limits());
        s.dropGroups();
        s.newSession();
        s.newSessionKeyring();
        s.setns(sandbox.init().pidfd(), NEWUSER);
        s.setIds(WORKLOAD_ID, WORKLOAD_ID);
        s.dropCapabilities();
        s.noNewPrivileges();
        Fd ruleset = sandbox.ruleset();
        if (ruleset != null) {
            landlock.restrictSelf(s, ruleset);
        }
    }

    private static void attachFiles(Steps s, Workload workload, WorkloadDescriptors descriptors) {
        s.attach(descriptors.code(), "/function");
        for (int i = 0; i < descriptors.layers().size(); i++) {
            s.attach(descriptors.layers().get(i), "/layers/" + i);
        }
        resizeMemoryFiles(s, workload.limits());
        Fd resolverFile = descriptors.resolverFile();
        if (resolverFile != null) {
            s.attach(resolverFile, "/etc/resolv.conf");
        }
        Fd secrets = descriptors.secrets();
        if (secrets != null) {
            int strict = MountFlags.NOSUID | MountFlags.NODEV | MountFlags.NOEXEC;
            s.mount("tmpfs", SECRETS, "tmpfs", strict, "mode=0755");
            descriptors
                    .secretRanges()
                    .forEach((name, range) -> s.copyToNewFile(SECRETS + "/" + name, secrets, range[0], range[1]));
            s.mount("", SECRETS, "", MountFlags.REMOUNT | MountFlags.RDONLY | strict, "");
        }
    }

    private static void resizeMemoryFiles(Steps s, ResourceLimits limits) {
        int flags = MountFlags.REMOUNT | MountFlags.NOSUID | MountFlags.NODEV;
        resize(s, "/tmp", MemoryFiles.temporary(ResourceLimits.DEFAULT), MemoryFiles.temporary(limits), flags);
        resize(s, "/dev/shm", MemoryFiles.shared(ResourceLimits.DEFAULT), MemoryFiles.shared(limits), flags);
    }

    private static void resize(Steps s, String directory, String before, String after, int flags) {
        if (!after.equals(before)) {
            s.mount("", directory, "", flags, after);
        }
    }

    private static void setLimits(Steps s, ResourceLimits limits) {
        long largestFile = Math.max(SMALLEST_FILE_LIMIT, Math.max(limits.tmpBytes(), limits.memoryBytes()));
        s.setLimit(RLIMIT_FSIZE, largestFile, largestFile);
        // 1, not 0: where the host pipes core dumps to a program, 0 would still run it, and 1 means "not even that".
        s.setLimit(RLIMIT_CORE, 1, 1);
        s.setLimit(RLIMIT_NOFILE, 1024, 4096);
        s.setLimit(RLIMIT_SIGPENDING, 1024, 1024);
        s.setLimit(RLIMIT_MSGQUEUE, 0, 0);
        s.setLimit(RLIMIT_NICE, 0, 0);
        s.setLimit(RLIMIT_RTPRIO, 0, 0);
    }

    private static List<String> environment(Map<String, String> variables) {
        List<String> each = new ArrayList<>();
        variables.forEach((name, value) -> each.add(name + "=" + value));
        each.sort(null);
        return each;
    }
}
