package dev.instar.sandbox;

import static dev.instar.linux.ArgumentCondition.equal;
import static dev.instar.linux.ArgumentCondition.intAnyOf;
import static dev.instar.linux.ArgumentCondition.intEqual;
import static dev.instar.linux.ArgumentCondition.masked;

import dev.instar.linux.SeccompAction;
import dev.instar.linux.SeccompFilter;
import java.util.List;

/**
 * Which system calls a function may make. What is not listed answers ENOSYS, as on an older kernel, and C libraries
 * then fall back; what is known and refused answers EPERM; what no honest program without privileges ever calls ends
 * the process.
 *
 * <p>The lists were found by tracing CPython, Node.js, Java, shells, compilers and archivers at everyday work, and
 * completed by the calls that do the same things in other ways.
 */
public final class SystemCallPolicy {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int EAFNOSUPPORT = 97;

    /** Descriptors: everything reads and writes. */
    private static final List<String> DESCRIPTORS = words("""
            read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
            dup3 fcntl flock fsync fdatasync ftruncate fallocate fadvise64 readahead sync_file_range sendfile splice tee
            copy_file_range pipe pipe2 select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait
            epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime
            timerfd_gettime
            """);

    /**
     * Files by path. Owner, mode and attributes may be set: the file systems are mounted {@code nosuid} and
     * {@code nodev}, and without capabilities only harmless changes succeed. No {@code sync} or {@code syncfs}: they
     * would make the host write out everybody's data.
     */
    private static final List<String> FILES = words("""
            open openat openat2 creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs fstatfs
            getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink
            symlinkat unlink unlinkat readlink readlinkat truncate umask chmod fchmod fchmodat fchmodat2 chown fchown
            lchown fchownat utime utimes futimesat utimensat cachestat
            getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr
            lremovexattr fremovexattr inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
            """);

    /** Memory. Unrestricted, since V8 and the JVM make code writable and executable in turn. */
    private static final List<String> MEMORY = words("""
            brk munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall munlockall membarrier
            pkey_alloc pkey_free pkey_mprotect mseal map_shadow_stack get_mempolicy
            """);

    /**
     * Processes and threads. {@code kill} reaches only the sandbox's own pid namespace. {@code vfork} is how Node and
     * Python start programs; {@code uretprobe} and {@code uprobe} come from the host's own tracing, never from a
     * program.
     */
    private static final List<String> PROCESSES = words("""
            fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal
            getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list
            get_robust_list rseq arch_prctl futex futex_waitv futex_wake futex_wait futex_requeue restart_syscall
            uretprobe uprobe
            """);

    private static final List<String> SIGNALS = words("""
            rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
            rt_sigsuspend sigaltstack pause alarm getitimer setitimer
            """);

    /** Scheduling and limits: only downwards, since there is no capability to go up. */
    private static final List<String> SCHEDULING = words("""
            sched_yield sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max
            sched_get_priority_min sched_rr_get_interval sched_getaffinity sched_setaffinity sched_getattr
            sched_setattr getpriority setpriority ioprio_get ioprio_set getrlimit getrusage times
            getcpu sysinfo uname
            """);

    /**
     * Identities. Changing them is harmless: the user namespace maps a single uid and gid, there are no capabilities,
     * and {@code no_new_privs} makes set-uid programs ordinary ones. Programs that drop privileges, as many do unasked,
     * would otherwise give up at the first call.
     */
    private static final List<String> IDENTITIES = words("""
            getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid
            setresgid setfsuid setfsgid setgroups capget capset
            """);

    private static final List<String> CLOCKS = words("""
            time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep timer_create timer_settime
            timer_gettime timer_getoverrun timer_delete getrandom
            """);

    /** Sockets, once made; which may be made is decided at {@code socket}. */
    private static final List<String> SOCKETS = words("""
            connect accept accept4 bind listen getsockname getpeername sendto recvfrom sendmsg recvmsg sendmmsg
            recvmmsg shutdown getsockopt
            """);

    /** IPC objects, for PostgreSQL, fakeroot and their like; the sandbox has an ipc namespace of its own. */
    private static final List<String> IPC = words("""
            shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
            mq_timedsend mq_timedreceive mq_notify mq_getsetattr
            """);

    /** A program may confine itself further. */
    private static final List<String> CONFINEMENT =
            words("landlock_create_ruleset landlock_add_rule landlock_restrict_self");

    /**
     * Refused with EPERM, which is what an unprivileged process mostly gets anyway: other processes' memory and
     * descriptors, namespaces and mounts, the kernel's tracing and programs, keys (rings are not namespaced), clocks,
     * handles that reach past a mount, and what belongs to an administrator.
     */
    private static final List<String> FORBIDDEN = words("""
            ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp migrate_pages
            move_pages mbind set_mempolicy set_mempolicy_home_node
            unshare setns chroot pivot_root mount umount2 open_tree open_tree_attr move_mount fsopen fsconfig fsmount
            fspick mount_setattr statmount listmount name_to_handle_at open_by_handle_at fanotify_init fanotify_mark
            bpf perf_event_open userfaultfd keyctl add_key request_key lookup_dcookie
            settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname acct quotactl quotactl_fd
            syslog vhangup ioperm iopl
            """);

    /** Refused as if the kernel did not have it, since libraries that try it have a second way. */
    private static final List<String> ABSENT =
            words("io_uring_setup io_uring_enter io_uring_register memfd_secret vmsplice modify_ldt");

    /** Nothing but an attack, or a program in a place where it cannot be meant to run. */
    private static final List<String> HOSTILE = words("""
            init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
            """);

    private static final SeccompAction REFUSE = SeccompAction.errno(EPERM);
    private static final SeccompFilter FILTER = build();

    private SystemCallPolicy() {}

    /** The filter that every function runs under. */
    public static SeccompFilter filter() {
        return FILTER;
    }

    private static SeccompFilter build() {
        SeccompFilter.Builder rules = SeccompFilter.builder(SeccompAction.errno(ENOSYS));
        for (List<String> allowed : List.of(
                DESCRIPTORS,
                FILES,
                MEMORY,
                PROCESSES,
                SIGNALS,
                SCHEDULING,
                IDENTITIES,
                CLOCKS,
                SOCKETS,
                IPC,
                CONFINEMENT)) {
            rules.rules(allowed, SeccompAction.ALLOW);
        }
        rules.rules(FORBIDDEN, REFUSE);
        rules.rules(ABSENT, SeccompAction.errno(ENOSYS));
        rules.rules(HOSTILE, SeccompAction.KILL_PROCESS);
        cloning(rules);
        hugePages(rules);
        limits(rules);
        sockets(rules);
        terminals(rules);
        specialFiles(rules);
        processAttributes(rules);
        return rules.build();
    }

    /**
     * A filter cannot see the flags of {@code clone3}, which lie in memory; without it C libraries use {@code clone}.
     * {@code CLONE_PARENT} would make a child of the workload's parent, the launcher.
     */
    private static void cloning(SeccompFilter.Builder rules) {
        // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. CLONE_NEWTIME (0x80) exists in clone3 only;
        // here it would be a bit of the exit signal.
        long namespaces = 0x7E02_0000L;
        long parent = 0x8000;
        rules.rule("clone", SeccompAction.ALLOW, masked(0, namespaces | parent, 0));
        rules.rule("clone", REFUSE);
        rules.rule("clone3", SeccompAction.errno(ENOSYS));
    }

    /**
     * The limit of core dumps stays at 1, which alone keeps the kernel from running a host's core dump program, as
     * root. Setting it does nothing and succeeds: programs set it to 0 to have no dump, and they have none.
     */
    private static void limits(SeccompFilter.Builder rules) {
        int core = 4;
        rules.rule("setrlimit", SeccompAction.PRETEND, intEqual(0, core));
        rules.rule("setrlimit", SeccompAction.ALLOW);
        rules.rule("prlimit64", SeccompAction.ALLOW, equal(2, 0));
        rules.rule("prlimit64", SeccompAction.PRETEND, intEqual(1, core));
        rules.rule("prlimit64", SeccompAction.ALLOW);
    }

    /** The host sets huge pages aside for purposes of its own, and no memory control group counts them. */
    private static void hugePages(SeccompFilter.Builder rules) {
        long mapHugetlb = 0x4_0000;
        rules.rule("mmap", SeccompAction.ALLOW, masked(3, mapHugetlb, 0));
        rules.rule("mmap", REFUSE);
        long mfdHugetlb = 4;
        rules.rule("memfd_create", SeccompAction.ALLOW, masked(1, mfdHugetlb, 0));
        rules.rule("memfd_create", REFUSE);
        long shmHugetlb = 04000;
        rules.rule("shmget", SeccompAction.ALLOW, masked(2, shmHugetlb, 0));
        rules.rule("shmget", REFUSE);
    }

    /**
     * Local and internet sockets. Of netlink only routing, which reads: {@code getifaddrs} and with it Node's
     * {@code os.networkInterfaces} have no other way, and every change there needs a capability.
     */
    private static void sockets(SeccompFilter.Builder rules) {
        int unix = 1;
        int inet = 2;
        int inet6 = 10;
        int netlink = 16;
        int netlinkRoute = 0;
        rules.rule("socket", SeccompAction.ALLOW, intAnyOf(0, unix, inet, inet6));
        rules.rule("socket", SeccompAction.ALLOW, intEqual(0, netlink), intEqual(2, netlinkRoute));
        rules.rule("socket", SeccompAction.errno(EAFNOSUPPORT));
        rules.rule("socketpair", SeccompAction.ALLOW, intEqual(0, unix));
        rules.rule("socketpair", SeccompAction.errno(EAFNOSUPPORT));

        // SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_CBPF and _EBPF: programs that the kernel would compile.
        int solSocket = 1;
        rules.rule("setsockopt", REFUSE, intEqual(1, solSocket), intAnyOf(2, 26, 50, 51, 52));
        rules.rule("setsockopt", SeccompAction.ALLOW);
    }

    /**
     * TIOCSTI and TIOCLINUX put characters into a terminal's input, TIOCSETD loads line disciplines. The comparison
     * ignores the upper half, as the kernel does: a bit set there must not get past.
     */
    private static void terminals(SeccompFilter.Builder rules) {
        int tiocsti = 0x5412;
        int tioclinux = 0x541C;
        int tiocsetd = 0x5423;
        rules.rule("ioctl", REFUSE, intAnyOf(1, tiocsti, tioclinux, tiocsetd));
        rules.rule("ioctl", SeccompAction.ALLOW);
    }

    /** Plain files, pipes and sockets, but no device nodes, not even the ones an unprivileged process may make. */
    private static void specialFiles(SeccompFilter.Builder rules) {
        long type = 0xF000;
        long[] harmless = {0, 0x1000, 0x8000, 0xC000};
        rules.rule("mknod", SeccompAction.ALLOW, masked(1, type, harmless));
        rules.rule("mknod", REFUSE);
        rules.rule("mknodat", SeccompAction.ALLOW, masked(2, type, harmless));
        rules.rule("mknodat", REFUSE);
    }

    private static void processAttributes(SeccompFilter.Builder rules) {
        // 0xffffffff asks; anything else changes, and ADDR_NO_RANDOMIZE among that weakens the process.
        rules.rule("personality", SeccompAction.ALLOW, intEqual(0, -1));
        rules.rule("personality", REFUSE);

        int[] options = {
            1,
            2, // PR_SET_PDEATHSIG, PR_GET_PDEATHSIG
            3,
            4, // PR_GET_DUMPABLE, PR_SET_DUMPABLE
            15,
            16, // PR_SET_NAME, PR_GET_NAME
            21, // PR_GET_SECCOMP
            23, // PR_CAPBSET_READ
            29,
            30, // PR_SET_TIMERSLACK, PR_GET_TIMERSLACK
            36,
            37, // PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER
            38,
            39, // PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS
            40, // PR_GET_TID_ADDRESS
            41,
            42, // PR_SET_THP_DISABLE, PR_GET_THP_DISABLE
            65,
            66, // PR_SET_MDWE, PR_GET_MDWE
            0x5356_4d41, // PR_SET_VMA: names of memory regions
        };
        rules.rule("prctl", SeccompAction.ALLOW, intAnyOf(0, options));
        // PR_CAP_AMBIENT with PR_CAP_AMBIENT_IS_SET only.
        rules.rule("prctl", SeccompAction.ALLOW, intEqual(0, 47), equal(1, 1));
        rules.rule("prctl", REFUSE);

        // A further filter only narrows. Not with SECCOMP_FILTER_FLAG_NEW_LISTENER, whose notifications let one process
        // answer another's calls.
        long harmlessFlags = 0b1_0111;
        rules.rule("seccomp", SeccompAction.ALLOW, masked(1, ~harmlessFlags, 0));
        rules.rule("seccomp", REFUSE);
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+", -1));
    }
}
