package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import dev.instar.linux.SyscallProgram.Argument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The system calls that make descriptors under given numbers, as steps of a {@link SyscallProgram}. Descriptors that
 * exist under such a number are replaced.
 */
public final class DescriptorSteps {
    private static final int WRITE = 1;
    private static final int LSEEK = 8;
    private static final int SOCKET = 41;
    private static final int FCNTL = 72;
    private static final int EPOLL_CTL = 233;
    private static final int OPENAT = 257;
    private static final int TIMERFD_CREATE = 283;
    private static final int TIMERFD_SETTIME = 286;
    private static final int SIGNALFD4 = 289;
    private static final int EVENTFD2 = 290;
    private static final int EPOLL_CREATE1 = 291;
    private static final int DUP3 = 292;
    private static final int PIPE2 = 293;
    private static final int CLOSE = 3;
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 02000000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_SETPIPE_SZ = 1031;
    private static final long NANOS = 1_000_000_000L;

    private final SyscallProgram program;
    private final int above;

    /** @param above descriptors on their way to their number pass through numbers from here on */
    public DescriptorSteps(SyscallProgram program, int above) {
        this.program = program;
        this.above = above;
    }

    /** Opens a file; {@code flags} without O_CLOEXEC. */
    public void open(int number, boolean closeOnExec, String path, int flags, long position) {
        int fd = program.call(
                "openat(\"" + path + "\", 0" + Integer.toOctalString(flags) + ")",
                OPENAT,
                number(AT_FDCWD),
                program.string(path),
                number(flags | O_CLOEXEC),
                number(0));
        place(fd, number, closeOnExec);
        if (position > 0) {
            program.call("lseek(" + number + ", " + position + ")", LSEEK, number(number), number(position), number(0));
        }
    }

    /** An epoll set, empty. */
    public void epoll(int number, boolean closeOnExec) {
        place(program.call("epoll_create1", EPOLL_CREATE1, number(O_CLOEXEC)), number, closeOnExec);
    }

    /** Adds a descriptor to an epoll set. */
    public void interest(int epoll, int descriptor, int events, long data) {
        Argument event = program.bytes(ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(events)
                .putLong(data)
                .array());
        program.call(
                "epoll_ctl(" + epoll + ", ADD, " + descriptor + ")",
                EPOLL_CTL,
                number(epoll),
                number(EPOLL_CTL_ADD),
                number(descriptor),
                event);
    }

    /** An event counter. */
    public void eventCounter(int number, boolean closeOnExec, long count, int flags) {
        place(program.call("eventfd2", EVENTFD2, number(0), number(flags | O_CLOEXEC)), number, closeOnExec);
        if (count > 0) {
            // At its making a counter takes 32 bits only.
            Argument value = program.bytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(count)
                    .array());
            program.call("write(eventfd " + number + ")", WRITE, number(number), value, number(8));
        }
    }

    /** A timer; {@code remainingNanos} 0 leaves it unarmed. */
    public void timer(int number, boolean closeOnExec, int clock, int flags, long remainingNanos, long intervalNanos) {
        place(
                program.call("timerfd_create", TIMERFD_CREATE, number(clock), number(flags | O_CLOEXEC)),
                number,
                closeOnExec);
        if (remainingNanos > 0) {
            Argument times = program.bytes(ByteBuffer.allocate(32)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(intervalNanos / NANOS)
                    .putLong(intervalNanos % NANOS)
                    .putLong(remainingNanos / NANOS)
                    .putLong(remainingNanos % NANOS)
                    .array());
            program.call("timerfd_settime(" + number + ")", TIMERFD_SETTIME, number(number), number(0), times);
        }
    }

    /** Signals as a descriptor. */
    public void signals(int number, boolean closeOnExec, long mask, int flags) {
        Argument set = program.bytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(mask)
                .array());
        int fd = program.call("signalfd4", SIGNALFD4, number(-1), set, number(8), number(flags | O_CLOEXEC));
        place(fd, number, closeOnExec);
    }

    /** A socket. */
    public void socket(int number, boolean closeOnExec, int domain, int type, int protocol) {
        int fd = program.call(
                "socket(" + domain + ", " + type + ", " + protocol + ")",
                SOCKET,
                number(domain),
                number(type | O_CLOEXEC),
                number(protocol));
        place(fd, number, closeOnExec);
    }

    /** A second number for an open file. */
    public void duplicate(int number, boolean closeOnExec, int of) {
        program.call("dup3(" + of + ", " + number + ")", DUP3, number(of), number(number), flag(closeOnExec));
    }

    /** One end of a pipe: its number, or −1 where nobody has it. */
    public record End(int number, boolean closeOnExec, int flags) {}

    /**
     * A pipe with something in it.
     *
     * @param unread at most {@code capacity} bytes
     * @param capacity 0 to leave it as the kernel has it
     */
    public void pipe(End reading, End writing, byte[] unread, int capacity) {
        Argument two = program.bytes(new byte[8]);
        // O_NONBLOCK and the like are the same for both ends here; an end that differs is set apart below.
        int flags = reading.flags() & writing.flags() & ~3;
        program.call("pipe2", PIPE2, two, number(flags | O_CLOEXEC));
        int in = load(two, 0);
        int out = load(two, 4);
        if (capacity > 0) {
            program.call(
                    "fcntl(F_SETPIPE_SZ, " + capacity + ")",
                    FCNTL,
                    program.result(out),
                    number(F_SETPIPE_SZ),
                    number(capacity));
        }
        if (unread.length > 0) {
            program.call("write(pipe)", WRITE, program.result(out), program.bytes(unread), number(unread.length));
        }
        end(in, reading, flags);
        end(out, writing, flags);
    }

    private void end(int step, End end, int flags) {
        if (end.number() < 0) {
            program.call("close", CLOSE, program.result(step));
            return;
        }
        place(step, end.number(), end.closeOnExec());
        if ((end.flags() & ~3) != flags) {
            int setFlags = 4;
            program.call(
                    "fcntl(" + end.number() + ", F_SETFL)",
                    FCNTL,
                    number(end.number()),
                    number(setFlags),
                    number(end.flags() & ~3));
        }
    }

    /** The descriptor that a call has written into data, moved out of the way of the numbers that are wanted. */
    private int load(Argument data, int offset) {
        int low = program.load(data, offset);
        int high = program.call("fcntl(F_DUPFD)", FCNTL, program.result(low), number(F_DUPFD_CLOEXEC), number(above));
        program.call("close", CLOSE, program.result(low));
        return high;
    }

    private void place(int step, int number, boolean closeOnExec) {
        // Where the kernel has given the number that is wanted, dup3 refuses; so the descriptor goes up first.
        int high = program.call("fcntl(F_DUPFD)", FCNTL, program.result(step), number(F_DUPFD_CLOEXEC), number(above));
        program.call("close", CLOSE, program.result(step));
        program.call("dup3(" + number + ")", DUP3, program.result(high), number(number), flag(closeOnExec));
        program.call("close", CLOSE, program.result(high));
    }

    private static Argument flag(boolean closeOnExec) {
        return number(closeOnExec ? O_CLOEXEC : 0);
    }
}
