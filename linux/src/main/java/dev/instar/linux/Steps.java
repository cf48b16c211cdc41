package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import dev.instar.linux.SyscallProgram.Argument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The system calls that set up a process, by name, as steps of a {@link SyscallProgram}. Numbers are those of x86-64.
 * Each method adds one or a few steps and returns the index of the last.
 */
public final class Steps {
    /**
     * Index of the highest capability that Linux 6.18 knows, CAP_CHECKPOINT_RESTORE; dropping one a kernel lacks is
     * harmless.
     */
    private static final int LAST_CAPABILITY = 40;

    private static final int AT_FDCWD = -100;
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0100;
    private static final int O_PATH = 010000000;
    private static final int O_CLOEXEC = 02000000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_NAME = 15;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int SECBIT_NO_SETUID_FIXUP = 4;
    private static final int CLONE_NEWUSER = 0x1000_0000;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SIGKILL = 9;
    private static final int SIGCHLD = 17;
    private static final int SIG_IGN = 1;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int IFF_UP_RUNNING = 0x41;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
    private static final int MNT_DETACH = 2;

    private final SyscallProgram program;

    /** Steps are added to this program. */
    public Steps(SyscallProgram program) {
        this.program = program;
    }

    /** The program the steps go to. */
    public SyscallProgram program() {
        return program;
    }

    public int unshare(int flags) {
        return program.call("unshare(0x" + Integer.toHexString(flags) + ")", 272, number(flags));
    }

    /**
     * Makes a user namespace that belongs to {@code uid}. What its members use of resources that the kernel counts by
     * user (inotify instances, pending signals, namespaces) is charged to its owner too: were that root for all, one
     * namespace could use up what there is for every other and for the host.
     *
     * <p>The process's effective uid is {@code uid} afterwards, and its capabilities are those of the new namespace.
     */
    public int unshareUserNamespace(int uid) {
        // Without this the change of ids would drop the capabilities that some hosts want for a user namespace.
        program.call("prctl(PR_SET_SECUREBITS)", 157, number(PR_SET_SECUREBITS), number(SECBIT_NO_SETUID_FIXUP));
        program.call("setresuid(-1, " + uid + ", -1)", 117, number(-1), number(uid), number(-1));
        return unshare(CLONE_NEWUSER);
    }

    /** Changes the owner of the file behind a descriptor of the process. */
    public int changeOwner(int descriptor, int uid, int gid) {
        return program.call("fchown(" + descriptor + ")", 93, number(descriptor), number(uid), number(gid));
    }

    /** Joins several namespaces of a process at once, by its pidfd (Linux 5.8). */
    public int setns(Fd pidfd, int flags) {
        String what = "setns(pidfd, 0x" + Integer.toHexString(flags) + ")";
        return program.call(what, 308, program.descriptor(pidfd), number(flags));
    }

    /** Mounts; {@code options} may be empty. */
    public int mount(String source, String target, String type, long flags, String options) {
        return program.call(
                "mount(\"" + source + "\", \"" + target + "\", \"" + type + "\", 0x" + Long.toHexString(flags) + ", \""
                        + options + "\")",
                165,
                program.string(source),
                program.string(target),
                program.string(type),
                number(flags),
                program.string(options));
    }

    /**
     * Makes {@code source} visible at {@code target} too, with the given restrictions: a bind mount is made, then
     * restricted.
     */
    public int bind(String source, String target, long restrictions) {
        mount(source, target, "", MountFlags.BIND, "");
        return mount("", target, "", MountFlags.REMOUNT | MountFlags.BIND | restrictions, "");
    }

    /** Attaches a detached mount. */
    public int attach(Fd mount, String target) {
        return program.call(
                "move_mount(\"" + target + "\")",
                429,
                program.descriptor(mount),
                program.string(""),
                number(AT_FDCWD),
                program.string(target),
                number(MOVE_MOUNT_F_EMPTY_PATH));
    }

    /**
     * Makes the mount point {@code root} the root directory and lets go of the old root, which is stacked over the new
     * one for a moment (pivot_root(2), "pivot_root(".", ".")").
     */
    public int pivotRoot(String root) {
        chdir(root);
        Argument here = program.string(".");
        program.call("pivot_root(\"" + root + "\")", 155, here, here);
        program.call("umount2(old root)", 166, here, number(MNT_DETACH));
        return chdir("/");
    }

    public int chdir(String path) {
        return program.call("chdir(\"" + path + "\")", 80, program.string(path));
    }

    public int makeDirectory(String path, int mode) {
        return program.call("mkdir(\"" + path + "\")", 83, program.string(path), number(mode));
    }

    /** Makes a character device that everybody may use. */
    public int makeDevice(String path, int major, int minor) {
        int characterDevice = 020666;
        program.call("umask", 95, number(0));
        program.call(
                "mknod(\"" + path + "\")",
                133,
                program.string(path),
                number(characterDevice),
                number((long) major << 8 | minor));
        return program.call("umask", 95, number(022));
    }

    public int symlink(String target, String path) {
        return program.call("symlink(\"" + path + "\")", 88, program.string(target), program.string(path));
    }

    public int setHostName(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        return program.call("sethostname(\"" + name + "\")", 170, program.string(name), number(length));
    }

    /** Opens a path for looking up only. */
    public int openPath(String path) {
        return program.call(
                "openat(\"" + path + "\", O_PATH)",
                257,
                number(AT_FDCWD),
                program.string(path),
                number(O_PATH | O_CLOEXEC),
                number(0));
    }

    /** Writes a short text to a file that exists, in one write. */
    public int write(String path, String text) {
        int fd = program.call(
                "openat(\"" + path + "\", O_WRONLY)",
                257,
                number(AT_FDCWD),
                program.string(path),
                number(O_WRONLY | O_CLOEXEC),
                number(0));
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        program.call(
                "write(\"" + path + "\", \"" + text + "\")",
                1,
                program.result(fd),
                program.string(text),
                number(length));
        return program.call("close", 3, program.result(fd));
    }

    /** Writes a short text to a file that somebody else has opened. */
    public int write(Fd file, String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return program.call(
                "write(" + file + ", \"" + text + "\")",
                1,
                program.descriptor(file),
                program.string(text),
                number(length));
    }

    /** Makes a read-only file with {@code length} bytes of {@code source} from {@code offset}. */
    public int copyToNewFile(String path, Fd source, long offset, long length) {
        int fd = program.call(
                "openat(\"" + path + "\", O_CREAT)",
                257,
                number(AT_FDCWD),
                program.string(path),
                number(O_WRONLY | O_CREAT | O_CLOEXEC),
                number(0444));
        byte[] position = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(offset)
                .array();
        program.call(
                "sendfile(\"" + path + "\")",
                40,
                program.result(fd),
                program.descriptor(source),
                program.bytes(position),
                number(length));
        return program.call("close", 3, program.result(fd));
    }

    /** Gives the process {@code fd} as its descriptor {@code number}, to be kept across execution. */
    public int duplicate(Fd fd, int number) {
        return program.call("dup2(" + number + ")", 33, program.descriptor(fd), number(number));
    }

    /** Opens the null device as descriptor {@code number}, to be kept across execution. */
    public int nullDevice(int number) {
        int fd = program.call(
                "openat(\"/dev/null\")",
                257,
                number(AT_FDCWD),
                program.string("/dev/null"),
                number(O_RDWR | O_CLOEXEC),
                number(0));
        return program.call("dup2(" + number + ")", 33, program.result(fd), number(number));
    }

    /** Moves a descriptor of the process to a number of at least {@code lowest}, closed on execution. */
    public int moveUp(int step, int lowest) {
        int moved = program.call("fcntl(F_DUPFD)", 72, program.result(step), number(F_DUPFD_CLOEXEC), number(lowest));
        program.call("close", 3, program.result(step));
        return moved;
    }

    /** Brings the loopback interface of the process's network namespace up. */
    public int loopbackUp() {
        int afInet = 2;
        int datagram = 2;
        int socket = program.call("socket(AF_INET)", 41, number(afInet), number(datagram | O_CLOEXEC), number(0));
        ByteBuffer request = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
        request.put("lo".getBytes(StandardCharsets.US_ASCII)).putShort(16, (short) IFF_UP_RUNNING);
        program.call(
                "ioctl(SIOCSIFFLAGS, lo)",
                16,
                program.result(socket),
                number(SIOCSIFFLAGS),
                program.bytes(request.array()));
        return program.call("close", 3, program.result(socket));
    }

    public int setLimit(int resource, long soft, long hard) {
        byte[] limit = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(soft)
                .putLong(hard)
                .array();
        return program.call(
                "prlimit(" + resource + ", " + soft + ", " + hard + ")",
                302,
                number(0),
                number(resource),
                program.bytes(limit),
                number(0));
    }

    public int setName(String name) {
        return program.call("prctl(PR_SET_NAME)", 157, number(PR_SET_NAME), program.string(name));
    }

    /** Sent when the parent ends; the kernel forgets it whenever credentials change, so it comes after them. */
    public int dieWithParent() {
        return program.call("prctl(PR_SET_PDEATHSIG)", 157, number(PR_SET_PDEATHSIG), number(SIGKILL));
    }

    /** Blocks every signal that can be blocked. */
    public int blockSignals() {
        int setMask = 2;
        byte[] all = new byte[8];
        Arrays.fill(all, (byte) -1);
        return program.call(
                "rt_sigprocmask(SIG_SETMASK)", 14, number(setMask), program.bytes(all), number(0), number(8));
    }

    /**
     * Sets what a signal does.
     *
     * @param handler address, or 1 to ignore it
     * @param flags as in the kernel's {@code struct sigaction}, and so are {@code restorer} and {@code mask}
     */
    public int signalAction(int signal, long handler, long flags, long restorer, long mask) {
        byte[] action = ByteBuffer.allocate(32)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(handler)
                .putLong(flags)
                .putLong(restorer)
                .putLong(mask)
                .array();
        return program.call(
                "rt_sigaction(" + signal + ")", 13, number(signal), program.bytes(action), number(0), number(8));
    }

    /** Sets which permissions newly made files never have. */
    public int umask(int mask) {
        return program.call("umask", 95, number(mask));
    }

    /**
     * Lets the process's owner look at it in {@code /proc}, as after an execution; a change of ids forbids it
     * (PR_SET_DUMPABLE in prctl(2)).
     */
    public int dumpable() {
        int setDumpable = 4;
        return program.call("prctl(PR_SET_DUMPABLE)", 157, number(setDumpable), number(1));
    }

    /** Children are reaped by the kernel. */
    public int ignoreChildren() {
        byte[] action = ByteBuffer.allocate(32)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(SIG_IGN)
                .array();
        return program.call("rt_sigaction(SIGCHLD)", 13, number(SIGCHLD), program.bytes(action), number(0), number(8));
    }

    public int newSession() {
        return program.call("setsid", 112);
    }

    public int newSessionKeyring() {
        int join = 1;
        int step = program.call("keyctl(KEYCTL_JOIN_SESSION_KEYRING)", 250, number(join), number(0));
        program.tolerate(Errno.ENOSYS);
        return step;
    }

    public int dropGroups() {
        return program.call("setgroups(0)", 116, number(0), number(0));
    }

    /**
     * Sets the ids that count for access to files alone; any other than root's user takes away the capabilities that
     * override permissions, until it is root's again (setfsuid(2)).
     */
    public int setFileSystemIds(int uid, int gid) {
        program.call("setfsgid(" + gid + ")", 123, number(gid));
        return program.call("setfsuid(" + uid + ")", 122, number(uid));
    }

    /** Marks a descriptor of the process to be closed on execution. */
    public int closeOnExecution(int descriptor) {
        int setDescriptorFlags = 2;
        int closeOnExecution = 1;
        return program.call(
                "fcntl(" + descriptor + ", F_SETFD)",
                72,
                number(descriptor),
                number(setDescriptorFlags),
                number(closeOnExecution));
    }

    /** Sets real, effective and saved ids. */
    public int setIds(int uid, int gid) {
        program.call("setresgid(" + gid + ")", 119, number(gid), number(gid), number(gid));
        return program.call("setresuid(" + uid + ")", 117, number(uid), number(uid), number(uid));
    }

    /** Empties every capability set of the process, the bounding set included. */
    public int dropCapabilities() {
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            program.call(
                    "prctl(PR_CAPBSET_DROP, " + capability + ")", 157, number(PR_CAPBSET_DROP), number(capability));
            program.tolerate(Errno.EINVAL);
        }
        int version3 = 0x20080522;
        byte[] header = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(version3)
                .array();
        return program.call("capset(0)", 126, program.bytes(header), program.bytes(new byte[24]));
    }

    public int noNewPrivileges() {
        return program.call(
                "prctl(PR_SET_NO_NEW_PRIVS)",
                157,
                number(PR_SET_NO_NEW_PRIVS),
                number(1),
                number(0),
                number(0),
                number(0));
    }

    /** Installs a filter, an array of {@code struct sock_filter}. */
    public int seccomp(byte[] filter) {
        Argument instructions = program.bytes(filter);
        Argument header = program.bytes(ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) (filter.length / 8))
                .array());
        program.pointTo(header, 8, instructions);
        int setModeFilter = 1;
        return program.call("seccomp(SET_MODE_FILTER)", 317, number(setModeFilter), number(0), header);
    }

    /** Replaces the process by a program. */
    public int execute(List<String> argv, List<String> environment) {
        return program.call(
                "execve(\"" + argv.getFirst() + "\")",
                59,
                program.string(argv.getFirst()),
                program.strings(argv),
                program.strings(environment));
    }

    /** Answers and then waits for ever, as a namespace's init; nothing can follow. */
    public int pause() {
        return program.call("pause", LauncherLayout.SPECIAL_PAUSE);
    }
}
