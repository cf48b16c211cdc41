package dev.instar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One end of a pair of {@code SOCK_SEQPACKET} Unix sockets that carries whole messages and descriptors (unix(7)).
 * Sending and receiving block the calling thread in the kernel, so they belong on platform threads or where an answer
 * is microseconds away.
 */
final class SeqpacketSocket implements AutoCloseable {
    private static final int SOCKETPAIR = 53;
    private static final int SENDMSG = 46;
    private static final int RECVMSG = 47;
    private static final int SHUTDOWN = 48;
    private static final int POLLHUP = 0x10;
    private static final int AF_UNIX = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SHUT_RDWR = 2;
    private static final int CMSG_HEADER = 16;
    private static final int MSGHDR = 56;

    private final Fd fd;

    private SeqpacketSocket(Fd fd) {
        this.fd = fd;
    }

    /** A message with the descriptors that came along; the receiver owns them. */
    record Message(byte[] bytes, List<Fd> descriptors) {}

    /** Our end, and the other end to be handed to a process. */
    record Pair(SeqpacketSocket ours, Fd theirs) {}

    static Pair pair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment two = arena.allocate(JAVA_INT, 2);
            Kernel.check(
                    "socketpair(AF_UNIX, SOCK_SEQPACKET)",
                    SOCKETPAIR,
                    AF_UNIX,
                    SOCK_SEQPACKET | SOCK_CLOEXEC,
                    0,
                    two.address());
            return new Pair(
                    new SeqpacketSocket(new Fd(two.getAtIndex(JAVA_INT, 0))), new Fd(two.getAtIndex(JAVA_INT, 1)));
        }
    }

    /** Sends one message. The descriptors stay the caller's. */
    void send(byte[] bytes, List<Fd> descriptors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment payload = arena.allocate(Math.max(1, bytes.length), 8);
            MemorySegment.copy(bytes, 0, payload, JAVA_BYTE, 0, bytes.length);
            MemorySegment control = MemorySegment.NULL;
            int controlLength = 0;
            if (!descriptors.isEmpty()) {
                int length = CMSG_HEADER + 4 * descriptors.size();
                controlLength = (length + 7) & ~7;
                control = arena.allocate(controlLength, 8);
                control.set(JAVA_LONG, 0, length);
                control.set(JAVA_INT, 8, SOL_SOCKET);
                control.set(JAVA_INT, 12, SCM_RIGHTS);
                for (int i = 0; i < descriptors.size(); i++) {
                    control.set(
                            JAVA_INT, CMSG_HEADER + 4L * i, descriptors.get(i).number());
                }
            }
            MemorySegment header = header(arena, payload, bytes.length, control, controlLength);
            Kernel.check(
                    "sendmsg(" + fd + ", " + bytes.length + " bytes, " + descriptors.size() + " descriptors)",
                    SENDMSG,
                    fd.number(),
                    header.address(),
                    MSG_NOSIGNAL);
        }
    }

    /**
     * Receives one message of at most {@code maximum} bytes with at most one descriptor.
     *
     * @return the message; empty when the other end has closed, even if it has left something of ours unread
     */
    Message receive(int maximum) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment payload = arena.allocate(maximum, 8);
            MemorySegment control = arena.allocate(CMSG_HEADER + 8, 8);
            MemorySegment header = header(arena, payload, maximum, control, control.byteSize());
            int length = receive(header);
            List<Fd> descriptors = new ArrayList<>();
            long used = header.get(JAVA_LONG, 40);
            if (used >= CMSG_HEADER + 4 && control.get(JAVA_INT, 12) == SCM_RIGHTS) {
                descriptors.add(new Fd(control.get(JAVA_INT, CMSG_HEADER)));
            }
            byte[] bytes = new byte[length];
            MemorySegment.copy(payload, JAVA_BYTE, 0, bytes, 0, length);
            return new Message(bytes, descriptors);
        }
    }

    private int receive(MemorySegment header) {
        try {
            return (int) Kernel.check("recvmsg(" + fd + ")", RECVMSG, fd.number(), header.address(), MSG_CMSG_CLOEXEC);
        } catch (LinuxException e) {
            // What unix(7) reports, once, when the other end closes before it has read everything.
            if (e.errno() == Errno.ECONNRESET) {
                return 0;
            }
            throw e;
        }
    }

    /** Whether the other end has closed, though there may be something left to receive. */
    boolean hasHungUp() {
        return (fd.poll(0, 0) & POLLHUP) != 0;
    }

    private static MemorySegment header(
            Arena arena, MemorySegment payload, long length, MemorySegment control, long controlLength) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ADDRESS, 0, payload);
        vector.set(JAVA_LONG, 8, length);
        MemorySegment header = arena.allocate(MSGHDR, 8);
        header.set(ADDRESS, 16, vector);
        header.set(JAVA_LONG, 24, 1);
        header.set(ADDRESS, 32, control);
        header.set(JAVA_LONG, 40, controlLength);
        return header;
    }

    /** Makes a thread that is blocked in {@link #receive} return with an empty message. */
    void shutdown() {
        Kernel.call(SHUTDOWN, fd.number(), SHUT_RDWR);
    }

    @Override
    public void close() {
        fd.close();
    }
}
