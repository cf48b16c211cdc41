package dev.instar.engine.instances;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * A request body whose first part is read before the call takes an instance, so that a slow sender of a small body
 * holds up nobody, and the call can be handed to another instance if the first one turns out to be dead.
 */
final class PrefixBody extends InputStream {
    private static final int PREFIX_BYTES = 64 * 1024;

    private final byte[] prefix;
    private final InputStream rest;
    private final boolean complete;
    private int position;
    private boolean begunRest;

    private PrefixBody(byte[] prefix, InputStream rest, boolean complete) {
        this.prefix = prefix;
        this.rest = rest;
        this.complete = complete;
    }

    /**
     * Reads the first 64 KiB, or all of it if it is shorter.
     *
     * @param length the body's length, or −1 if not known
     */
    static PrefixBody read(InputStream body, long length) throws IOException {
        if (length == 0) {
            return new PrefixBody(new byte[0], body, true);
        }
        int wanted = length < 0 ? PREFIX_BYTES : (int) Math.min(length, PREFIX_BYTES);
        byte[] prefix = body.readNBytes(wanted);
        boolean complete = prefix.length < wanted || prefix.length == length;
        return new PrefixBody(prefix, body, complete);
    }

    /** The body's length if the prefix is all of it; otherwise what was said before. */
    long length(long declared) {
        return complete && declared < 0 ? prefix.length : declared;
    }

    /** Begins again; false if that is not possible because more than the prefix has been read. */
    boolean rewind() {
        position = 0;
        return !begunRest;
    }

    @Override
    public int read() throws IOException {
        if (position < prefix.length) {
            return prefix[position++] & 0xff;
        }
        if (complete) {
            return -1;
        }
        begunRest = true;
        return rest.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (position < prefix.length) {
            int count = Math.min(length, prefix.length - position);
            System.arraycopy(prefix, position, bytes, offset, count);
            position += count;
            return count;
        }
        if (complete) {
            return length == 0 ? 0 : -1;
        }
        begunRest = true;
        return rest.read(bytes, offset, length);
    }
}
