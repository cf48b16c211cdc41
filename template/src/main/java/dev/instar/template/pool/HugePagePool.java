package dev.instar.template.pool;

import dev.instar.linux.Errno;
import dev.instar.linux.Fd;
import dev.instar.linux.FileContent;
import dev.instar.linux.LinuxException;
import dev.instar.linux.MemoryFileSystem;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * A pool in memory, in pages of 2 MiB. Each segment is the one file of a tmpfs of its own that is mounted nowhere and
 * becomes read-only as a whole before anybody else sees a descriptor of it: while the kernel agrees to that, no
 * descriptor or mapping through which it could be written exists, and afterwards none can be made, whoever reopens it
 * through {@code /proc}. Turning that back takes the root directory of the file system, which the node has let go of.
 *
 * <p>The pages are charged to the memory control group of the thread that publishes.
 */
public final class HugePagePool extends SegmentPool {
    private static final String FILE = "segment";

    // The root directory and the segment.
    private static final int INODES = 2;

    // Ten seconds; a process is started in one millisecond, or some more on a busy machine.
    private static final int SEAL_ATTEMPTS = 10_000;
    private static final long SEAL_PAUSE_NANOS = 1_000_000;

    private final boolean hugePages;

    /**
     * Makes an empty pool. Where the kernel denies huge pages to file systems ({@code shmem_enabled}), pages have 4
     * KiB; see {@link #pageSize}.
     *
     * @param limit most bytes that all segments together may take
     * @param extraPlacements how many more placements than regions a template may have for the sake of sharing; 64 is a
     *     good number
     */
    public HugePagePool(long limit, int extraPlacements) {
        super(limit, extraPlacements);
        this.hugePages = MemoryFileSystem.hugePagesAllowed();
    }

    /** What a 2 MiB unit is stored in, in bytes: 2 MiB, or 4096 if the kernel denies huge pages. */
    public int pageSize() {
        return hugePages ? Window.SIZE : Window.PAGE;
    }

    @Override
    SegmentWriter create(long size) {
        MemoryFileSystem system = MemoryFileSystem.create(size, INODES);
        try {
            Fd file = FileContent.create(system.root(), FILE, 0400);
            FileContent.resize(file, size);
            return new Writer(system, file);
        } catch (RuntimeException failed) {
            system.close();
            throw failed;
        }
    }

    private final class Writer implements SegmentWriter {
        private final MemoryFileSystem system;
        private final Fd file;

        Writer(MemoryFileSystem system, Fd file) {
            this.system = system;
            this.file = file;
        }

        @Override
        public void useHugePages(boolean huge) {
            if (hugePages) {
                system.allocate(huge ? MemoryFileSystem.Pages.HUGE : MemoryFileSystem.Pages.SMALL);
            }
        }

        @Override
        public void write(long offset, ByteBuffer bytes) {
            FileContent.write(file, offset, bytes);
        }

        @Override
        public Published publish() {
            long stored = FileContent.allocatedBytes(file);
            file.close();
            seal();
            return new Published(FileContent.openReadOnly(system.root(), FILE), stored, () -> {});
        }

        /**
         * A process that is being started anywhere in the node has copies of all descriptors until it executes its
         * program and they close; until then the kernel refuses.
         */
        private void seal() {
            for (int attempt = 1; ; attempt++) {
                try {
                    system.seal();
                    return;
                } catch (LinuxException failed) {
                    if (failed.errno() != Errno.EBUSY || attempt == SEAL_ATTEMPTS) {
                        throw failed;
                    }
                }
                LockSupport.parkNanos(SEAL_PAUSE_NANOS);
            }
        }

        @Override
        public void close() {
            file.close();
            system.close();
        }
    }
}
