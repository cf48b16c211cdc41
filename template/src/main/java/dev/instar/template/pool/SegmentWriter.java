package dev.instar.template.pool;

import dev.instar.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A segment that is being written; closing it before it is published abandons it. */
interface SegmentWriter extends AutoCloseable {
    /**
     * Says what the units written from now on are stored in. What pages a file system has that knows no difference is
     * its own affair.
     */
    void useHugePages(boolean huge) throws IOException;

    /** Writes a unit from a direct buffer. */
    void write(long offset, ByteBuffer bytes) throws IOException;

    /** Ends all writing, for good, and gives what was written. */
    Published publish() throws IOException;

    @Override
    void close();

    /**
     * A segment that cannot be changed any more.
     *
     * @param content read-only
     * @param storedBytes as the file system counts
     * @param delete removes its name, where it has one
     */
    record Published(Fd content, long storedBytes, Runnable delete) {}
}
