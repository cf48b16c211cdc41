package dev.instar.gateway;

import dev.instar.engine.PayloadTooLargeException;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: every wait for its socket has a deadline, which {@link ConnectionWatch} enforces by closing
 * it.
 *
 * <p>Used by the connection's own thread; only {@link #overdue} and {@link #cut} are called by the watch.
 */
final class Connection implements Supplier<byte @Nullable []>, DataWriter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** The connection of the current request. */
    static final ScopedValue<Connection> CURRENT = ScopedValue.newInstance();

    /** A body that nobody wanted is read up to this, so that the client gets to read the reply. */
    private static final long DRAIN_BYTES = 32L << 20;

    private enum Phase {
        /** Between requests. */
        IDLE,
        /** Request line and headers, or the rest of a body that nobody wanted. */
        HEAD,
        /** A request is being served; reads belong to its body. */
        SERVING
    }

    private final HelidonSocket socket;
    private final DataWriter writer;
    private final Runnable closer;
    private final GatewayLimits limits;
    private final String remoteAddress;

    private Phase phase = Phase.IDLE;
    private long headDeadline;
    private long budget = DRAIN_BYTES;
    private boolean closing;
    private boolean broken;
    private volatile long deadline;

    Connection(HelidonSocket socket, DataWriter writer, Runnable closer, GatewayLimits limits, String remoteAddress) {
        this.socket = socket;
        this.writer = writer;
        this.closer = closer;
        this.limits = limits;
        this.remoteAddress = remoteAddress;
    }

    /** The peer's IP address, or {@code unix}. */
    String remoteAddress() {
        return remoteAddress;
    }

    /** The headers have been read: what follows belongs to the request's body. */
    void serving() {
        phase = Phase.SERVING;
        budget = limits.bodyBytes();
    }

    /** Bounds what the next read of the body may take from the socket, however large the client's chunk. */
    void allow(long bytes) {
        budget = bytes;
    }

    /**
     * The request has been answered.
     *
     * @param unread whether some of its body has not been read, and will be read now to reach the next request
     */
    void served(boolean unread) {
        budget = DRAIN_BYTES;
        if (unread) {
            begin();
        } else {
            phase = Phase.IDLE;
        }
    }

    /** The request's body cannot be read to its end. */
    void lost() {
        broken = true;
    }

    private void begin() {
        phase = Phase.HEAD;
        headDeadline = System.nanoTime() + limits.head().toNanos();
    }

    /** Whether the stream stands somewhere inside a chunk, so that what follows must not be taken for a request. */
    boolean broken() {
        return broken;
    }

    /** Lets the connection end after the current reply. */
    void closeAfterReply() {
        closing = true;
    }

    @Override
    public byte @Nullable [] get() {
        if (phase == Phase.IDLE && closing) {
            return null;
        }
        deadline = readDeadline();
        byte[] bytes;
        try {
            bytes = socket.get();
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("cannot read from the client", e);
        } finally {
            deadline = 0;
        }
        if (bytes != null) {
            received(bytes.length);
        }
        return bytes;
    }

    private long readDeadline() {
        long now = System.nanoTime();
        long at = switch (phase) {
            case IDLE -> now + limits.idle().toNanos();
            case HEAD -> headDeadline;
            case SERVING -> now + limits.stall().toNanos();
        };
        // 0 stands for "no deadline"
        return at == 0 ? 1 : at;
    }

    private void received(int count) {
        if (phase == Phase.IDLE) {
            begin();
        }
        budget -= count;
        if (budget >= 0) {
            return;
        }
        broken = true;
        if (phase == Phase.SERVING) {
            throw new PayloadTooLargeException("a chunk of the request body is larger than the body may be");
        }
        throw new CloseConnectionException("the client sends a body that nobody reads");
    }

    @Override
    public void write(BufferData... buffers) {
        writeNow(buffers);
    }

    @Override
    public void write(BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        writeNow(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
        long at = System.nanoTime() + limits.stall().toNanos();
        deadline = at == 0 ? 1 : at;
        try {
            writer.writeNow(buffer);
        } finally {
            deadline = 0;
        }
    }

    /** Whether a read or write has been waiting for too long. */
    boolean overdue(long now) {
        long at = deadline;
        return at != 0 && now - at > 0;
    }

    /** Closes the socket under the thread that waits for it. */
    void cut() {
        try {
            closer.run();
        } catch (UncheckedIOException e) {
            LOG.debug("closing a connection failed", e);
        }
    }
}
