package dev.instar.sandbox;

import static dev.instar.linux.CloneFlags.NEWCGROUP;
import static dev.instar.linux.CloneFlags.NEWIPC;
import static dev.instar.linux.CloneFlags.NEWNET;
import static dev.instar.linux.CloneFlags.NEWNS;
import static dev.instar.linux.CloneFlags.NEWUSER;
import static dev.instar.linux.CloneFlags.NEWUTS;

import dev.instar.linux.Child;
import dev.instar.linux.CloneSource;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Errno;
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
 * What is done in which process, and in which order, to make a sandbox and start a workload in it. The order is the
 * security: every privilege is dropped only after the last step that needs it, and before the first instruction that is
 * not ours.
 *
 * <p>All namespaces but the user namespace belong to the host's user namespace, so that no capability a workload could
 * ever gain in its own user namespace reaches a mount, a network or a host name.
 */
final class SandboxPlan {
    /** Ids inside a sandbox; outside they are a pair that no other sandbox has at the time. */
    static final int WORKLOAD_ID = 1000;

    static final int INIT_ID = 999;

    /** Of the base root: nothing is ever in it. */
    private static final String EMPTY_DIRECTORY = "/run";

    private static final String SECRETS = "/var/openfaas/secrets";
    private static final String OOM_SCORE = "500";
    private static final int FIRST_CHANNEL = 3;
    private static final int SET_UP_NAMESPACES = NEWNS | NEWNET | NEWIPC | NEWUTS;
    private static final int RLIMIT_FSIZE = 1;
    private static final int RLIMIT_CORE = 4;
    private static final int RLIMIT_NOFILE = 7;
    private static final int RLIMIT_SIGPENDING = 11;
    private static final int RLIMIT_MSGQUEUE = 12;
    private static final int RLIMIT_NICE = 13;
    private static final int RLIMIT_RTPRIO = 14;
    private static final long SMALLEST_FILE_LIMIT = 1 << 20;
    private static final long BYTES_PER_FILE = 4096;
    private static final long FEWEST_FILES = 1024;

    /** Files that tell about the host or command it; the null device is put over them. */
    private static final List<String> MASKED_FILES = List.of(
            "/proc/config.gz",
            "/proc/kallsyms",
            "/proc/kcore",
            "/proc/keys",
            "/proc/key-users",
            "/proc/kmsg",
            "/proc/kpagecgroup",
            "/proc/kpagecount",
            "/proc/kpageflags",
            "/proc/modules",
            "/proc/sched_debug",
            "/proc/sysrq-trigger",
            "/proc/timer_list",
            "/proc/vmallocinfo");

    private static final List<String> MASKED_DIRECTORIES =
            List.of("/proc/acpi", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/scsi", "/proc/tty");

    private final Path base;
    private final Landlock landlock;
    private final byte[] initFilter;
    private final byte[] workloadFilter;

    SandboxPlan(Path base, Landlock landlock, byte[] initFilter, byte[] workloadFilter) {
        this.base = base;
        this.landlock = landlock;
        this.initFilter = initFilter;
        this.workloadFilter = workloadFilter;
    }

    /**
     * First half of the init's set-up; afterwards the node maps the ids of the user namespace it has made.
     *
     * @param ownerUid user id on the host that no other sandbox has; the user namespace belongs to it
     */
    SyscallProgram beginInit(String hostName, int ownerUid) {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-init");
        s.dropGroups();
        s.unshare(SET_UP_NAMESPACES);
        s.mount("", "/", "", MountFlags.REC | MountFlags.PRIVATE, "");
        s.pivotRoot(base.toString());
        int strict = MountFlags.NOSUID | MountFlags.NODEV | MountFlags.NOEXEC;
        s.mount("proc", "/proc", "proc", strict, "hidepid=2");
        int writable = MountFlags.NOSUID | MountFlags.NODEV;
        s.mount("tmpfs", "/tmp", "tmpfs", writable, memoryFiles(ResourceLimits.DEFAULT.tmpBytes()));
        s.mount("tmpfs", "/dev/shm", "tmpfs", writable, memoryFiles(sharedMemory(ResourceLimits.DEFAULT)));
        s.setHostName(hostName);
        s.loopbackUp();
        s.unshareUserNamespace(ownerUid);
        return s.program();
    }

    /** Second half: the init gives up everything and waits for ever. */
    SyscallProgram endInit() {
        Steps s = new Steps(new SyscallProgram());
        s.setIds(INIT_ID, INIT_ID);
        s.write("/proc/sys/user/max_user_namespaces", "0");
        s.dropCapabilities();
        s.noNewPrivileges();
        s.ignoreChildren();
        s.dieWithParent();
        s.seccomp(initFilter);
        s.pause();
        return s.program();
    }

    /**
     * The workload's process joins its group and its namespaces, and waits there. The last step's result is the number
     * of the ruleset's descriptor, if there is Landlock.
     */
    SyscallProgram prepareWorkload(Child init, ControlGroup group) {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-prepared");
        // Before the kernel ends the node for want of memory, it is to end a function.
        s.write("/proc/self/oom_score_adj", OOM_SCORE);
        for (Path file : group.joinFiles()) {
            s.write(file.toString(), "0");
        }
        s.unshare(NEWCGROUP);
        s.setns(init.pidfd(), SET_UP_NAMESPACES);
        s.chdir("/");
        s.bind("/proc/sys", "/proc/sys", MountFlags.RDONLY | MountFlags.NOSUID | MountFlags.NODEV | MountFlags.NOEXEC);
        for (String file : MASKED_FILES) {
            s.mount("/dev/null", file, "", MountFlags.BIND, "");
            s.program().tolerate(Errno.ENOENT);
        }
        for (String directory : MASKED_DIRECTORIES) {
            s.mount(EMPTY_DIRECTORY, directory, "", MountFlags.BIND, "");
            s.program().tolerate(Errno.ENOENT);
        }
        if (landlock.abi() > 0) {
            landlock.createRuleset(
                    s,
                    Map.of(
                            "/", Landlock.Access.READ,
                            "/proc", Landlock.Access.USE,
                            "/dev", Landlock.Access.USE,
                            "/dev/shm", Landlock.Access.WRITE,
                            "/tmp", Landlock.Access.WRITE));
        }
        return s.program();
    }

    /** Whether {@link #prepareWorkload} makes a ruleset. */
    boolean makesRuleset() {
        return landlock.abi() > 0;
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
     * Brings a clone, which is in a strange control group and in strange namespaces, to where {@link #prepareWorkload}
     * and {@link #execute} bring an executed workload, by the same steps in the same order, up to its first own
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
        s.setns(sandbox.workload().pidfd(), SET_UP_NAMESPACES | NEWCGROUP);
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
        s.write("/proc/self/oom_score_adj", OOM_SCORE);
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
        if (limits.tmpBytes() != ResourceLimits.DEFAULT.tmpBytes()) {
            s.mount("", "/tmp", "", flags, memoryFiles(limits.tmpBytes()));
        }
        if (sharedMemory(limits) != sharedMemory(ResourceLimits.DEFAULT)) {
            s.mount("", "/dev/shm", "", flags, memoryFiles(sharedMemory(limits)));
        }
    }

    /** What is full answers ENOSPC; what reaches the memory limit is killed. */
    private static long sharedMemory(ResourceLimits limits) {
        return limits.memoryBytes() / 2;
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

    /**
     * Options of a tmpfs. Its files are bounded in number too, since an empty one takes a kilobyte of kernel memory but
     * nothing of the size.
     */
    private static String memoryFiles(long bytes) {
        // A size of 0 would mean "no limit" to tmpfs.
        long files = Math.max(FEWEST_FILES, bytes / BYTES_PER_FILE);
        return "mode=1777,size=" + Math.max(4096, bytes) + ",nr_inodes=" + files;
    }

    private static List<String> environment(Map<String, String> variables) {
        List<String> each = new ArrayList<>();
        variables.forEach((name, value) -> each.add(name + "=" + value));
        each.sort(null);
        return each;
    }
}
