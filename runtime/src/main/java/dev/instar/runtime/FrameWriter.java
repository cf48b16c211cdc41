package dev.instar.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Builds one frame after the other in a buffer of its own and sends each with one write. The order of calls is
 * {@link #begin}, {@link #string} for each string of the head, {@link #body} at most once, {@link #send}. Used by one
 * thread at a time.
 */
final class FrameWriter {
    /** Most bytes of a body that one frame carries: above it, copying costs more than another system call. */
    static final int PART = 64 * 1024;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final WritableByteChannel channel;
    private ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    private int bodyStart;
    private boolean inBody;

    FrameWriter(WritableByteChannel channel) {
        this.channel = channel;
    }

    /** Drops what was built and begins a frame. */
    void begin() {
        buffer.clear().position(Frame.HEADER);
        inBody = false;
    }

    /**
     * Appends a string to the head.
     *
     * @throws IllegalArgumentException if it holds a NUL or does not fit into a head
     */
    void string(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a string for an instance must not hold a NUL character: \""
                    + value.substring(0, Math.min(value.length(), 40)).replace('\0', '?') + "\"");
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int head = buffer.position() - Frame.HEADER + bytes.length + 1;
        if (head > Frame.MAX_HEAD) {
            throw new IllegalArgumentException("method, path, query, headers or settings take more than "
                    + Frame.MAX_HEAD / 1024 + " KiB together");
        }
        reserve(bytes.length + 1);
        buffer.put(bytes).put((byte) 0);
    }

    /**
     * Reads from a stream, up to its end or to {@link #PART} bytes.
     *
     * @param length the stream's length, or −1 if not known
     * @return whether that was certainly all of it
     * @throws EOFException if the stream ended before its length
     * @throws IOException if the stream threw it
     */
    boolean body(InputStream source, long length) throws IOException {
        beginBody();
        int wanted = length < 0 ? PART : (int) Math.min(length, PART);
        reserve(wanted);
        int count = wanted == 0 ? 0 : source.readNBytes(buffer.array(), bodyStart, wanted);
        buffer.position(bodyStart + count);
        if (length >= 0 && count < wanted) {
            throw new EOFException("ended after " + count + " of " + length + " bytes");
        }
        return length < 0 ? count < PART : count == length;
    }

    /**
     * Takes what one read of a stream gives.
     *
     * @param limit most bytes to take, 1 to {@link #PART}
     * @return how many bytes came, or −1 at the stream's end
     */
    int part(InputStream source, int limit) throws IOException {
        beginBody();
        reserve(limit);
        int count = source.read(buffer.array(), bodyStart, limit);
        buffer.position(bodyStart + Math.max(count, 0));
        return count;
    }

    /**
     * Completes the frame and sends it, waiting as long as the peer does not read.
     *
     * @throws ChannelClosedException if the channel is closed
     */
    void send(FrameType type, boolean more) {
        beginBody();
        byte[] array = buffer.array();
        INT.set(array, 0, bodyStart - Frame.HEADER);
        INT.set(array, 4, buffer.position() - bodyStart);
        INT.set(array, 8, type.code() | (more ? 1 << 8 : 0));
        INT.set(array, 12, 0);
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new ChannelClosedException("writing to the instance failed: " + e, e);
        }
    }

    private void beginBody() {
        if (!inBody) {
            bodyStart = buffer.position();
            inBody = true;
        }
    }

    private void reserve(int count) {
        int needed = buffer.position() + count;
        if (needed > buffer.capacity()) {
            int position = buffer.position();
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), Math.max(needed, 2 * buffer.capacity())));
            buffer.position(position);
        }
    }
}
