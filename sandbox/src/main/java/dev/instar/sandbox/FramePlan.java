package dev.instar.sandbox;

import static dev.instar.linux.CloneFlags.NEWCGROUP;
import static dev.instar.linux.CloneFlags.NEWIPC;
import static dev.instar.linux.CloneFlags.NEWNET;
import static dev.instar.linux.CloneFlags.NEWNS;
import static dev.instar.linux.CloneFlags.NEWUTS;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Errno;
import dev.instar.linux.Fd;
import dev.instar.linux.Landlock;
import dev.instar.linux.MountFlags;
import dev.instar.linux.NamespaceSteps;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is done to make a sandbox's frame, to make a fresh process in it for each use, and to end what a use has left.
 *
 * <p>The frame keeps what its processes cannot leave or what is dear to make: pid and user namespace, control group,
 * network namespace, and a mount namespace that no function ever enters. Of it each use gets a copy, and namespaces of
 * its own for all else: what a function leaves in those ends with its processes, and nothing has to be undone.
 */
final class FramePlan {
    /** Of the base root: nothing is ever in it. */
    private static final String EMPTY_DIRECTORY = "/run";

    /** Of every process of a function, the highest being killed first. */
    static final String OOM_SCORE = "500";

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
            "/proc/locks",
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

    FramePlan(Path base, Landlock landlock, byte[] initFilter) {
        this.base = base;
        this.landlock = landlock;
        this.initFilter = initFilter;
    }

    /**
     * First half of the init's set-up; afterwards the node maps the ids of the user namespace it has made.
     *
     * @param ownerUid user id on the host that no other sandbox has; the user namespace belongs to it
     */
    SyscallProgram beginInit(int ownerUid) {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-init");
        s.dropGroups();
        s.unshare(NEWNS | NEWNET);
        s.mount("", "/", "", MountFlags.REC | MountFlags.PRIVATE, "");
        s.pivotRoot(base.toString());
        int strict = MountFlags.NOSUID | MountFlags.NODEV | MountFlags.NOEXEC;
        s.mount("proc", "/proc", "proc", strict, "hidepid=2");
        s.loopbackUp();
        s.unshareUserNamespace(ownerUid);
        return s.program();
    }

    /** Second half: the init gives up everything and waits for ever. */
    SyscallProgram endInit() {
        Steps s = new Steps(new SyscallProgram());
        s.setIds(SandboxPlan.INIT_ID, SandboxPlan.INIT_ID);
        s.write("/proc/sys/user/max_user_namespaces", "0");
        s.dropCapabilities();
        s.noNewPrivileges();
        s.ignoreChildren();
        s.dieWithParent();
        s.seccomp(initFilter);
        s.pause();
        return s.program();
    }

    /** Joins the frame's control group, if it was not born there; that takes 7 ms and more after a quiet spell. */
    SyscallProgram join(ControlGroup group) {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-prepared");
        // Before the kernel ends the node for want of memory, it is to end a function.
        s.write("/proc/self/oom_score_adj", OOM_SCORE);
        if (group.cloneDirectory().isEmpty()) {
            for (Path file : group.joinFiles()) {
                s.write(file.toString(), "0");
            }
        }
        return s.program();
    }

    /** Completes the mounts that every use gets a copy of; once in a frame's life, when its init needs them no more. */
    SyscallProgram completeMounts(Child init) {
        Steps s = new Steps(new SyscallProgram());
        s.setns(init.pidfd(), NEWNS);
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
        return s.program();
    }

    /**
     * Everything that each use gets afresh. The last step's result is the number of the ruleset's descriptor, if there
     * is Landlock.
     *
     * @param network the network namespace, where it is not the init's any more
     */
    SyscallProgram freshNamespaces(Child init, @Nullable Fd network, String hostName) {
        Steps s = new Steps(new SyscallProgram());
        if (network == null) {
            s.setns(init.pidfd(), NEWNS | NEWNET);
        } else {
            s.setns(network, NEWNET);
            s.setns(init.pidfd(), NEWNS);
        }
        s.unshare(NEWNS | NEWIPC | NEWUTS | NEWCGROUP);
        s.chdir("/");
        int writable = MountFlags.NOSUID | MountFlags.NODEV;
        s.mount("tmpfs", "/tmp", "tmpfs", writable, MemoryFiles.temporary(ResourceLimits.DEFAULT));
        s.mount("tmpfs", "/dev/shm", "tmpfs", writable, MemoryFiles.shared(ResourceLimits.DEFAULT));
        s.setHostName(hostName);
        if (makesRuleset()) {
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

    /** Whether {@link #freshNamespaces} makes a ruleset. */
    boolean makesRuleset() {
        return landlock.abi() > 0;
    }

    /** Another network namespace, in place of one that has been used. */
    SyscallProgram freshNetwork() {
        Steps s = new Steps(new SyscallProgram());
        s.unshare(NEWNET);
        s.loopbackUp();
        return s.program();
    }

    /** Of a process that is to clear up: what it does while it still sees the host's files. */
    SyscallProgram beginClearing() {
        Steps s = new Steps(new SyscallProgram());
        s.setName("instar-clearing");
        new NamespaceSteps(s.program()).openLastPid();
        return s.program();
    }

    /** Kills all that the pid namespace holds but the init and the caller. */
    SyscallProgram killAll(Child init) {
        SyscallProgram program = new SyscallProgram();
        NamespaceSteps s = new NamespaceSteps(program);
        s.requireInside(init);
        s.killAllOthers();
        return program;
    }

    /** The next use counts its processes from the start again. */
    SyscallProgram forgetPids(int lastPid) {
        SyscallProgram program = new SyscallProgram();
        new NamespaceSteps(program).forgetPids(lastPid);
        return program;
    }
}
