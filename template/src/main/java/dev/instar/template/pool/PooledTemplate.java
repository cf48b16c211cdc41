package dev.instar.template.pool;

import dev.instar.linux.Fd;
import java.util.List;

/**
 * An image's pages in a pool, to be mapped copy-on-write. Close it to let go of those that no other template shares.
 */
public interface PooledTemplate extends AutoCloseable {
    /**
     * Where the bytes of the image's content regions lie, by ascending address; neighbours that lie next to each other
     * in one segment are one placement.
     */
    List<Placement> placements();

    /** Read-only descriptors, valid until {@link #close}. {@link Placement#segment} is an index into this. */
    List<Fd> segments();

    /** Bytes that publishing this template added to the pool, padding included. */
    long addedBytes();

    /** Bytes of its units that were in the pool already. */
    long sharedBytes();

    @Override
    void close();

    /**
     * @param start first address in the captured process
     * @param end first address behind
     * @param segment which descriptor
     * @param offset in the segment; congruent to {@code start} modulo 2 MiB
     */
    record Placement(long start, long end, int segment, long offset) {}
}
