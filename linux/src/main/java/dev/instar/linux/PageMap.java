package dev.instar.linux;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * Which pages of a process have content of their own, from {@code /proc/PID/pagemap} (kernel,
 * {@code Documentation/admin-guide/mm/pagemap.rst}). Not for several threads.
 */
public final class PageMap implements AutoCloseable {
    /** Bytes of a page. */
    public static final int PAGE = 4096;

    private static final long PRESENT = 1L << 63;
    private static final long SWAPPED = 1L << 62;
    private static final long FILE_OR_SHARED = 1L << 61;
    private static final long GUARD = 1L << 58;
    private static final int CHUNK = 32 * 1024;

    private final FileChannel pagemap;
    private final ByteBuffer chunk =
            ByteBuffer.allocateDirect(CHUNK * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private PageMap(FileChannel pagemap) {
        this.pagemap = pagemap;
    }

    /** Opens the page map of a process. */
    public static PageMap open(int pid) throws IOException {
        return new PageMap(
                FileChannel.open(Path.of("/proc", Integer.toString(pid), "pagemap"), StandardOpenOption.READ));
    }

    /**
     * Pages of a range; bit n stands for the page n pages behind its start.
     *
     * @param anonymous in memory or swapped out, and not those of a file: a page of a private file mapping that is not
     *     among them is as it is in the file, another one reads as zeros
     * @param ofFile in memory and mapped as the file has them
     * @param guard marked with MADV_GUARD_INSTALL: touching them is an error
     */
    public record Pages(BitSet anonymous, BitSet ofFile, BitSet guard) {}

    /**
     * Reads the state of the pages of a range: some nanoseconds a page.
     *
     * @throws ArithmeticException if the range has more than 2³¹ pages
     */
    public Pages read(long start, long end) throws IOException {
        int pages = Math.toIntExact((end - start) / PAGE);
        BitSet anonymous = new BitSet();
        BitSet ofFile = new BitSet();
        BitSet guard = new BitSet();
        for (int first = 0; first < pages; first += CHUNK) {
            chunk.clear().limit(Math.min(CHUNK, pages - first) * Long.BYTES);
            long offset = (start / PAGE + first) * Long.BYTES;
            while (chunk.hasRemaining()) {
                if (pagemap.read(chunk, offset + chunk.position()) <= 0) {
                    throw new EOFException("pagemap ends at " + Long.toHexString(start));
                }
            }
            chunk.flip();
            for (int page = first; chunk.hasRemaining(); page++) {
                long entry = chunk.getLong();
                if ((entry & GUARD) != 0) {
                    guard.set(page);
                } else if ((entry & SWAPPED) != 0 || (entry & (PRESENT | FILE_OR_SHARED)) == PRESENT) {
                    anonymous.set(page);
                } else if ((entry & PRESENT) != 0) {
                    ofFile.set(page);
                }
            }
        }
        return new Pages(anonymous, ofFile, guard);
    }

    @Override
    public void close() throws IOException {
        pagemap.close();
    }
}
