package dev.instar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * The body of a handler's reply, read from the channel as the shim sends it; memory stays bounded whatever its length.
 * Reading throws {@link ReplyBrokenException} if the handler failed midway, and {@link ChannelException} if the channel
 * did. Used by one thread at a time.
 */
public final class ReplyBody extends InputStream {
    private final FrameReader reader;
    private final long length;
    private boolean more;

    ReplyBody(FrameReader reader, Frame first) {
        this.reader = reader;
        this.more = first.more();
        this.length = first.more() ? -1 : first.bodyLength();
    }

    /** The body's length if it came in one piece, and −1 if it is streamed. */
    public long length() {
        return length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        return atEnd() ? -1 : reader.read(target, offset, count);
    }

    @Override
    public int available() {
        return reader.bodyLeft();
    }

    /** Writes the rest of the body to {@code target}, without a copy of its own. */
    @Override
    public long transferTo(OutputStream target) throws IOException {
        long count = 0;
        while (!atEnd()) {
            count += reader.bodyLeft();
            reader.transferBody(target);
        }
        return count;
    }

    /**
     * Reads what is left and drops it, so that the channel can carry the next call.
     *
     * @throws ChannelException if the channel failed
     */
    @Override
    public void close() {
        try {
            while (!atEnd()) {
                reader.skipBody();
            }
        } catch (ReplyBrokenException _) {
            // The rest of this body is not wanted any more, so that it does not come is no loss.
        }
    }

    /** Goes on to the next frame while there is nothing left of this one. */
    private boolean atEnd() throws ReplyBrokenException {
        while (reader.bodyLeft() == 0) {
            if (!more) {
                return true;
            }
            Frame frame = reader.next();
            more = frame.more();
            if (frame.type() == FrameType.FAILED) {
                more = false;
                throw new ReplyBrokenException(Channel.failure(frame));
            }
            if (frame.type() != FrameType.DATA || !frame.head().equals(List.of())) {
                throw new ChannelException("the instance sent " + frame.type() + " inside a reply's body");
            }
        }
        return false;
    }
}
