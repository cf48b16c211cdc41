package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Looks at what the descriptors of another process refer to, without changing it. Needs the permission to trace that
 * process. Thread-safe.
 */
public final class ForeignDescriptors implements AutoCloseable {
    private static final int READ = 0;
    private static final int GETSOCKNAME = 51;
    private static final int GETPEERNAME = 52;
    private static final int GETSOCKOPT = 55;
    private static final int FCNTL = 72;
    private static final int TEE = 276;
    private static final int PIPE2 = 293;
    private static final int KCMP = 312;
    private static final int PIDFD_OPEN = 434;
    private static final int PIDFD_GETFD = 438;
    private static final int KCMP_FILE = 0;
    private static final int KCMP_EPOLL_TFD = 7;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_PROTOCOL = 38;
    private static final int SO_DOMAIN = 39;
    private static final int LONGEST_ADDRESS = 128;

    private final int pid;
    private final Fd pidfd;

    private ForeignDescriptors(int pid, Fd pidfd) {
        this.pid = pid;
        this.pidfd = pidfd;
    }

    /** A pipe's size in bytes, and what stands unread in it. */
    public record Pipe(int capacity, byte[] unread) {}

    /** Opens those of a process. */
    public static ForeignDescriptors open(int pid) {
        return new ForeignDescriptors(pid, new Fd((int) Kernel.check("pidfd_open(" + pid + ")", PIDFD_OPEN, pid, 0)));
    }

    /** Whether two numbers stand for the same open file, as dup(2) makes them. */
    public boolean sameFile(int one, int other) {
        return Kernel.check(
                        "kcmp(" + pid + ", KCMP_FILE, " + one + ", " + other + ")",
                        KCMP,
                        pid,
                        pid,
                        KCMP_FILE,
                        one,
                        other)
                == 0;
    }

    /**
     * Whether a number that an epoll set lists still stands for the open file that the set watches. It does not if it
     * was closed or used again while a duplicate kept the file open.
     *
     * @param nth which of several entries under that number, from 0
     */
    public boolean watches(int epoll, int number, int nth) {
        try (Arena arena = Arena.ofConfined()) {
            // struct kcmp_epoll_slot: the set, the number, and which of several under that number.
            MemorySegment slot = arena.allocate(JAVA_INT, 3);
            slot.setAtIndex(JAVA_INT, 0, epoll);
            slot.setAtIndex(JAVA_INT, 1, number);
            slot.setAtIndex(JAVA_INT, 2, nth);
            long order = Kernel.call(KCMP, pid, pid, KCMP_EPOLL_TFD, number, slot.address());
            if (order < 0 && order != -Errno.ENOENT && order != -Errno.EBADF) {
                throw new LinuxException("kcmp(" + pid + ", KCMP_EPOLL_TFD, " + epoll + ")", (int) -order);
            }
            return order == 0;
        }
    }

    /** What a socket is. */
    public SocketState socket(int number) {
        try (Fd socket = duplicate(number)) {
            int domain = option(socket, SO_DOMAIN);
            boolean listening = option(socket, SO_ACCEPTCONN) != 0;
            return new SocketState(
                    domain,
                    option(socket, SO_TYPE),
                    option(socket, SO_PROTOCOL),
                    listening,
                    address(socket, GETSOCKNAME),
                    address(socket, GETPEERNAME));
        }
    }

    /** What a pipe holds, which stays in it. */
    public Pipe pipe(int readEnd) {
        try (Fd pipe = duplicate(readEnd)) {
            int capacity = (int) Kernel.check("fcntl(F_GETPIPE_SZ)", FCNTL, pipe.number(), F_GETPIPE_SZ);
            return new Pipe(capacity, unread(pipe, capacity));
        }
    }

    private static byte[] unread(Fd pipe, int capacity) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment two = arena.allocate(JAVA_INT, 2);
            Kernel.check("pipe2", PIPE2, two.address(), OpenDescriptor.O_CLOEXEC);
            try (Fd from = new Fd(two.getAtIndex(JAVA_INT, 0));
                    Fd to = new Fd(two.getAtIndex(JAVA_INT, 1))) {
                // As many slots as the other has: each may hold a single byte.
                Kernel.check("fcntl(F_SETPIPE_SZ)", FCNTL, to.number(), F_SETPIPE_SZ, capacity);
                long copied = Kernel.call(TEE, pipe.number(), to.number(), capacity, SPLICE_F_NONBLOCK);
                if (copied == -Errno.EAGAIN || copied == 0) {
                    return new byte[0];
                }
                if (copied < 0) {
                    throw new LinuxException("tee", (int) -copied);
                }
                MemorySegment bytes = arena.allocate(copied);
                long read = 0;
                while (read < copied) {
                    read += Kernel.check("read(pipe)", READ, from.number(), bytes.address() + read, copied - read);
                }
                return bytes.toArray(JAVA_BYTE);
            }
        }
    }

    private Fd duplicate(int number) {
        return new Fd(
                (int) Kernel.check("pidfd_getfd(" + pid + ", " + number + ")", PIDFD_GETFD, pidfd.number(), number, 0));
    }

    private static int option(Fd socket, int option) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT, 2);
            value.setAtIndex(JAVA_INT, 1, Integer.BYTES);
            Kernel.check(
                    "getsockopt(" + option + ")",
                    GETSOCKOPT,
                    socket.number(),
                    SOL_SOCKET,
                    option,
                    value.address(),
                    value.asSlice(Integer.BYTES).address());
            return value.getAtIndex(JAVA_INT, 0);
        }
    }

    /** The address of one side; empty if it has none. */
    private static byte[] address(Fd socket, int call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(LONGEST_ADDRESS, 8);
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, LONGEST_ADDRESS);
            if (Kernel.call(call, socket.number(), address.address(), length.address()) < 0) {
                return new byte[0];
            }
            return address.asSlice(0, Math.min(LONGEST_ADDRESS, length.get(JAVA_INT, 0)))
                    .toArray(JAVA_BYTE);
        }
    }

    @Override
    public void close() {
        pidfd.close();
    }
}
