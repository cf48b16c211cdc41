package dev.instar.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads frames of a peer that is not trusted. {@link #next} gives a frame as far as its head; its body must have been
 * read before the next one. Allocates at most 64 KiB and what one head takes, whatever the peer sends. Used by one
 * thread at a time.
 */
final class FrameReader {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LARGE = 64 * 1024;

    private final ReadableByteChannel channel;
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;
    private int bodyLeft;

    FrameReader(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /**
     * Reads up to the end of the next frame's head.
     *
     * @throws ChannelClosedException at the end of the channel, also inside a frame
     * @throws ChannelException if the peer broke the protocol
     */
    Frame next() {
        if (bodyLeft != 0) {
            throw new IllegalStateException(bodyLeft + " bytes of the previous frame's body were not read");
        }
        require(Frame.HEADER);
        int headLength = (int) INT.get(buffer, start);
        int bodyLength = (int) INT.get(buffer, start + 4);
        int kind = (int) INT.get(buffer, start + 8);
        int rest = (int) INT.get(buffer, start + 12);
        if (headLength < 0 || headLength > Frame.MAX_HEAD) {
            throw new ChannelException("a head of " + Integer.toUnsignedString(headLength) + " bytes");
        }
        if (bodyLength < 0 || bodyLength > Frame.MAX_BODY) {
            throw new ChannelException("a body of " + Integer.toUnsignedString(bodyLength) + " bytes");
        }
        if (rest != 0 || kind >>> 9 != 0) {
            throw new ChannelException("unknown flags in a frame");
        }
        FrameType type = FrameType.of(kind & 0xff);
        require(Frame.HEADER + headLength);
        List<String> head = strings(start + Frame.HEADER, headLength);
        start += Frame.HEADER + headLength;
        bodyLeft = bodyLength;
        return new Frame(type, kind >>> 8 != 0, head, bodyLength);
    }

    /** Bytes of the current frame's body that were not read yet. */
    int bodyLeft() {
        return bodyLeft;
    }

    /**
     * Reads some of the current frame's body, at least one byte; not to be called when nothing is left of it.
     *
     * @return how many bytes were read
     */
    int read(byte[] target, int offset, int length) {
        int count = Math.min(length, bodyLeft);
        int buffered = end - start;
        if (buffered > 0) {
            count = Math.min(count, buffered);
            System.arraycopy(buffer, start, target, offset, count);
            start += count;
        } else {
            count = receive(ByteBuffer.wrap(target, offset, count));
        }
        bodyLeft -= count;
        return count;
    }

    /** Hands what is left of the current frame's body to {@code target} from the reader's own buffer. */
    void transferBody(OutputStream target) throws IOException {
        while (bodyLeft > 0) {
            int count = buffered();
            target.write(buffer, start, count);
            start += count;
            bodyLeft -= count;
        }
    }

    /** Drops what is left of the current frame's body. */
    void skipBody() {
        while (bodyLeft > 0) {
            int count = buffered();
            start += count;
            bodyLeft -= count;
        }
    }

    /** Sees that something of the body is in the buffer, and says how much. */
    private int buffered() {
        if (start == end) {
            start = 0;
            end = 0;
            if (bodyLeft > buffer.length && buffer.length < LARGE) {
                buffer = new byte[LARGE];
            }
            end = receive(ByteBuffer.wrap(buffer));
        }
        return Math.min(end - start, bodyLeft);
    }

    /** Sees that the buffer holds at least {@code count} bytes from {@link #start}. */
    private void require(int count) {
        if (end - start >= count) {
            return;
        }
        if (start + count > buffer.length) {
            byte[] target = count > buffer.length ? new byte[Math.max(count, LARGE)] : buffer;
            System.arraycopy(buffer, start, target, 0, end - start);
            buffer = target;
            end -= start;
            start = 0;
        } else if (start == end) {
            start = 0;
            end = 0;
        }
        while (end - start < count) {
            end += receive(ByteBuffer.wrap(buffer, end, buffer.length - end));
        }
    }

    private int receive(ByteBuffer target) {
        try {
            int count = channel.read(target);
            if (count < 0) {
                throw new ChannelClosedException("the instance closed its channel");
            }
            return count;
        } catch (IOException e) {
            throw new ChannelClosedException("reading from the instance failed: " + e, e);
        }
    }

    private List<String> strings(int from, int length) {
        int to = from + length;
        if (length > 0 && buffer[to - 1] != 0) {
            throw new ChannelException("a head that does not end with NUL");
        }
        List<String> strings = new ArrayList<>(8);
        int begin = from;
        for (int i = from; i < to; i++) {
            if (buffer[i] == 0) {
                if (strings.size() == Frame.MAX_STRINGS) {
                    throw new ChannelException("a head of more than " + Frame.MAX_STRINGS + " strings");
                }
                strings.add(new String(buffer, begin, i - begin, StandardCharsets.UTF_8));
                begin = i + 1;
            }
        }
        return strings;
    }
}
