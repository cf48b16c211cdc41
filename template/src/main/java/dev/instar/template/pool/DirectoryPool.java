package dev.instar.template.pool;

import dev.instar.linux.DetachedMount;
import dev.instar.linux.Fd;
import dev.instar.linux.FileContent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A pool in a directory of any file system that private mappings can be made of: one on persistent or NUMA-bound memory
 * (DAX), a tmpfs with a memory policy, or a disk. Segments do not outlive the pool; what another left behind is
 * removed.
 *
 * <p>Descriptors are of a read-only view of the directory, so that reopening them through {@code /proc} gives none that
 * can be written. Who can write the directory itself is the operator's affair.
 */
public final class DirectoryPool extends SegmentPool {
    private static final String SUFFIX = ".segment";
    private static final String LOCK = "pool.lock";

    private final Path directory;
    private final FileChannel lock;
    private final Fd writable;
    private final Fd readOnly;
    private final AtomicLong names = new AtomicLong();

    /**
     * Takes a directory, which no other pool may use at the same time, and removes segments that are left in it.
     *
     * @param directory made if it does not exist
     * @param limit most bytes that all segments together may take
     * @param extraPlacements as in {@link HugePagePool#HugePagePool}
     * @throws IOException if the directory cannot be used, or another pool uses it
     */
    public DirectoryPool(Path directory, long limit, int extraPlacements) throws IOException {
        super(limit, extraPlacements);
        this.directory = Files.createDirectories(directory).toRealPath();
        this.lock = lock(this.directory);
        try {
            removeSegments(this.directory);
            this.writable = FileContent.openDirectory(this.directory);
        } catch (IOException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
        try {
            this.readOnly = DetachedMount.readOnly(this.directory);
        } catch (RuntimeException failed) {
            writable.close();
            lock.close();
            throw failed;
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock held = channel.tryLock();
            if (held != null) {
                return channel;
            }
        } catch (OverlappingFileLockException sameProcess) {
            channel.close();
            throw new IOException("another pool of this process uses " + directory, sameProcess);
        }
        channel.close();
        throw new IOException("another process uses the pool " + directory);
    }

    private static void removeSegments(Path directory) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path segment : left) {
                Files.delete(segment);
            }
        }
    }

    @Override
    SegmentWriter create(long size) {
        String name = names.incrementAndGet() + SUFFIX;
        Fd file = FileContent.create(writable, name, 0400);
        Writer writer = new Writer(name, file);
        try {
            FileContent.resize(file, size);
            return writer;
        } catch (RuntimeException failed) {
            writer.close();
            throw failed;
        }
    }

    @Override
    void closeStorage() {
        readOnly.close();
        writable.close();
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Writer implements SegmentWriter {
        private final String name;
        private final Fd file;
        private boolean published;

        Writer(String name, Fd file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public void useHugePages(boolean huge) {}

        @Override
        public void write(long offset, ByteBuffer bytes) {
            FileContent.write(file, offset, bytes);
        }

        @Override
        public Published publish() {
            long stored = FileContent.allocatedBytes(file);
            file.close();
            Published result = new Published(FileContent.openReadOnly(readOnly, name), stored, this::delete);
            published = true;
            return result;
        }

        private void delete() {
            FileContent.delete(writable, name);
        }

        @Override
        public void close() {
            file.close();
            if (!published) {
                delete();
            }
        }
    }
}
