package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One function's log: {@code log.0.ndjson} is written, {@code log.1.ndjson} and up are older. Thread-safe. The lock is
 * held over the write of a line: those who write are the readers of instances' output, never the threads of calls, and
 * lines must not mix.
 */
final class LogFile {
    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);

    private final FunctionName function;
    private final Path directory;
    private final LogSettings settings;
    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable FileChannel current;
    private long size;
    private boolean written;
    private boolean failing;
    private boolean removed;

    LogFile(FunctionName function, Path directory, LogSettings settings) {
        this.function = function;
        this.directory = directory;
        this.settings = settings;
    }

    /** Writes a line and passes it to those who follow. A line that the disk cannot take is lost, which is logged. */
    void append(Line line) {
        lock.lock();
        try {
            if (removed) {
                return;
            }
            write(LineFormat.encode(line));
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.warn("log lines of {} are being lost: {}", function, e.toString());
            }
            failing = true;
            closeCurrent();
        } finally {
            followers.forEach(follower -> follower.offer(line));
            lock.unlock();
        }
    }

    /** The files as they are now, oldest first, each with the bytes it holds; they stay readable when rotated away. */
    List<LogSegment> segments() throws IOException {
        lock.lock();
        try {
            return openSegments();
        } finally {
            lock.unlock();
        }
    }

    /** Like {@link #segments}; the follower gets exactly the lines written after them. */
    List<LogSegment> segmentsAndFollow(Follower follower) throws IOException {
        lock.lock();
        try {
            List<LogSegment> segments = openSegments();
            followers.add(follower);
            return segments;
        } finally {
            lock.unlock();
        }
    }

    void unfollow(Follower follower) {
        followers.remove(follower);
    }

    /** Closes the file if nothing has been written since the last time this was asked. */
    void closeIfQuiet() {
        lock.lock();
        try {
            if (!written) {
                closeCurrent();
            }
            written = false;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closeCurrent();
        } finally {
            lock.unlock();
        }
    }

    /** Deletes the files; lines that come later are dropped. */
    void remove() {
        lock.lock();
        try {
            removed = true;
            closeCurrent();
            for (int i = 0; i < settings.files(); i++) {
                Files.deleteIfExists(file(i));
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.warn("the log of {} could not be deleted: {}", function, e.toString());
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes) throws IOException {
        if (current != null && size > 0 && size + bytes.length > settings.fileBytes()) {
            rotate();
        }
        FileChannel channel = current;
        if (channel == null) {
            channel = open();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            // Without the part that a full disk still took, or the next line would be lost with it.
            channel.truncate(size);
            throw e;
        }
        size += bytes.length;
        written = true;
    }

    private FileChannel open() throws IOException {
        Files.createDirectories(directory);
        FileChannel channel = FileChannel.open(
                file(0), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        current = channel;
        size = channel.size();
        return channel;
    }

    private void rotate() throws IOException {
        closeCurrent();
        Files.deleteIfExists(file(settings.files() - 1));
        for (int i = settings.files() - 2; i >= 0; i--) {
            if (Files.exists(file(i))) {
                Files.move(file(i), file(i + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private List<LogSegment> openSegments() throws IOException {
        List<LogSegment> segments = new ArrayList<>();
        for (int i = settings.files() - 1; i >= 0; i--) {
            try {
                FileChannel channel = FileChannel.open(file(i), StandardOpenOption.READ);
                segments.add(new LogSegment(channel, channel.size()));
            } catch (NoSuchFileException _) {
                // Fewer files than are kept at most.
            }
        }
        return segments;
    }

    private void closeCurrent() {
        try {
            if (current != null) {
                current.close();
            }
        } catch (IOException e) {
            LOG.warn("closing the log of {}: {}", function, e.toString());
        } finally {
            current = null;
        }
    }

    private Path file(int age) {
        return directory.resolve("log." + age + ".ndjson");
    }
}
