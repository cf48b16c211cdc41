package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads many pipes on one platform thread (epoll(7)): the output of all instances. A writer waits when its pipe is
 * full, so nothing is lost and nothing grows. Thread-safe.
 */
public final class PipeReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PipeReader.class);
    private static final int READ = 0;
    private static final int EPOLL_WAIT = 232;
    private static final int EPOLL_CTL = 233;
    private static final int EPOLL_CREATE1 = 291;
    private static final int PIPE2 = 293;
    private static final int O_NONBLOCK = 04000;
    private static final int F_SETFL = 4;
    private static final int FCNTL = 72;
    private static final int CLOEXEC = 02000000;
    private static final int EPOLLIN = 1;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EVENT = 12;
    private static final int EVENTS = 64;
    private static final int CHUNK = 64 * 1024;
    private static final long STOP = 0;

    /** Takes what a pipe yields, on the reader's thread; it must not block for long. */
    public interface Sink {
        /** Some bytes, valid during the call. */
        void bytes(ByteBuffer bytes);

        /** All writers have closed the pipe, or the reader is closing. */
        void end();
    }

    private record Source(Fd fd, Sink sink) {}

    private final Fd epoll;
    private final Fd stopRead;
    private final Fd stopWrite;
    private final Map<Long, Source> sources = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong(STOP);
    private final Thread thread;

    private PipeReader(Fd epoll, Fd stopRead, Fd stopWrite) {
        this.epoll = epoll;
        this.stopRead = stopRead;
        this.stopWrite = stopWrite;
        this.thread = Thread.ofPlatform().name("pipe-reader").daemon().unstarted(this::run);
    }

    /** Starts the reading thread. */
    public static PipeReader start() {
        Fd epoll = new Fd((int) Kernel.check("epoll_create1", EPOLL_CREATE1, CLOEXEC));
        Fd[] stop = pipe();
        PipeReader reader = new PipeReader(epoll, stop[0], stop[1]);
        reader.control(EPOLL_CTL_ADD, stop[0], STOP);
        reader.thread.start();
        return reader;
    }

    /**
     * Makes a pipe and reads it until all its writers have closed it.
     *
     * @return the writing end, to be handed to another process and then closed here
     */
    public Fd open(Sink sink) {
        Fd[] ends = pipe();
        // Only the reading side: a flag of the writer's would surprise programs that write to it.
        Kernel.check("fcntl(F_SETFL)", FCNTL, ends[0].number(), F_SETFL, O_NONBLOCK);
        long id = ids.incrementAndGet();
        sources.put(id, new Source(ends[0], sink));
        control(EPOLL_CTL_ADD, ends[0], id);
        return ends[1];
    }

    private static Fd[] pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment two = arena.allocate(JAVA_INT, 2);
            Kernel.check("pipe2", PIPE2, two.address(), CLOEXEC);
            return new Fd[] {new Fd(two.getAtIndex(JAVA_INT, 0)), new Fd(two.getAtIndex(JAVA_INT, 1))};
        }
    }

    private void control(int operation, Fd fd, long id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EVENT, 8);
            event.set(JAVA_INT_UNALIGNED, 0, EPOLLIN);
            event.set(JAVA_LONG_UNALIGNED, 4, id);
            Kernel.check("epoll_ctl", EPOLL_CTL, epoll.number(), operation, fd.number(), event.address());
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate((long) EVENT * EVENTS, 8);
            MemorySegment chunk = arena.allocate(CHUNK, 8);
            while (true) {
                int n = (int) Kernel.check("epoll_wait", EPOLL_WAIT, epoll.number(), events.address(), EVENTS, -1);
                for (int i = 0; i < n; i++) {
                    long id = events.get(JAVA_LONG_UNALIGNED, (long) EVENT * i + 4);
                    if (id == STOP) {
                        return;
                    }
                    drain(id, chunk);
                }
            }
        } finally {
            sources.values().forEach(source -> {
                source.sink().end();
                source.fd().close();
            });
        }
    }

    private void drain(long id, MemorySegment chunk) {
        Source source = sources.get(id);
        if (source == null) {
            return;
        }
        long n = Kernel.call(READ, source.fd().number(), chunk.address(), CHUNK);
        if (n == -Errno.EAGAIN || n == -Errno.EINTR) {
            return;
        }
        try {
            if (n > 0) {
                source.sink().bytes(chunk.asSlice(0, n).asByteBuffer());
                return;
            }
            source.sink().end();
        } catch (RuntimeException e) {
            // One sink's failure must not silence all instances.
            LOG.error("an output sink failed; its pipe is no longer read", e);
        }
        sources.remove(id);
        control(EPOLL_CTL_DEL, source.fd(), id);
        source.fd().close();
    }

    @Override
    public void close() {
        stopWrite.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopRead.close();
        epoll.close();
    }
}
