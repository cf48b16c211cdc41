package dev.instar.template.image;

import java.util.List;

/** An open descriptor that a clone must find as it was. */
public sealed interface Descriptor {
    /** Highest number there can be: those above belong to the program that makes the clone until it lets go of it. */
    int HIGHEST = 899;

    /** The descriptor's number. */
    int number();

    /** Whether it closes on execution. */
    boolean closeOnExec();

    /**
     * A file, directory or device, opened again by its path.
     *
     * @param path inside the sandbox
     * @param flags of open(2), without O_CLOEXEC and without what only applies to creation
     * @param position file offset
     */
    record OpenFile(int number, boolean closeOnExec, String path, int flags, long position) implements Descriptor {}

    /** An epoll set. */
    record Epoll(int number, boolean closeOnExec, List<Interest> interests) implements Descriptor {
        public Epoll {
            interests = List.copyOf(interests);
        }
    }

    /** A member of an epoll set: {@code events} and {@code data} of {@code struct epoll_event}. */
    record Interest(int descriptor, int events, long data) {}

    /** An event counter; {@code flags} of eventfd2(2) without EFD_CLOEXEC. */
    record EventCounter(int number, boolean closeOnExec, long count, int flags) implements Descriptor {}

    /**
     * One end of a pipe of the process's own.
     *
     * @param pipe the same for both ends
     * @param writeEnd which end it is
     * @param flags status flags, O_NONBLOCK among them
     * @param unread what the pipe held; the same for both ends
     * @param capacity in bytes
     */
    record PipeEnd(int number, boolean closeOnExec, long pipe, boolean writeEnd, int flags, Bytes unread, int capacity)
            implements Descriptor {}

    /**
     * A timer.
     *
     * @param clock see clock_gettime(2)
     * @param flags of timerfd_create(2) without TFD_CLOEXEC
     * @param absolute whether it was armed for a point of time
     * @param remainingNanos until it fires; 0 if it is not armed
     * @param intervalNanos between further times; 0 for none
     */
    record Timer(
            int number,
            boolean closeOnExec,
            int clock,
            int flags,
            boolean absolute,
            long remainingNanos,
            long intervalNanos)
            implements Descriptor {}

    /** Signals as a descriptor; {@code flags} of signalfd4(2) without SFD_CLOEXEC. */
    record Signals(int number, boolean closeOnExec, long mask, int flags) implements Descriptor {}

    /** A socket that is neither bound nor connected; {@code type} with its flags but SOCK_CLOEXEC. */
    record UnconnectedSocket(int number, boolean closeOnExec, int domain, int type, int protocol)
            implements Descriptor {}

    /**
     * A second number for the open file of another: one that stands before it in the image, or is given at the start.
     */
    record Duplicate(int number, boolean closeOnExec, int of) implements Descriptor {}
}
