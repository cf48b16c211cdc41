package dev.instar.engine.store;

import dev.instar.engine.PayloadTooLargeException;
import dev.instar.engine.StorageException;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the bodies of queued calls are: short ones in the database row, longer ones in a file each. Thread-safe. */
final class BodySpool {
    private static final Logger LOG = LoggerFactory.getLogger(BodySpool.class);
    private static final int LONGEST_IN_ROW = 64 << 10;

    private final Path directory;
    private final long longest;

    BodySpool(Path directory, long longest) {
        this.directory = directory;
        this.longest = longest;
    }

    /**
     * A body at rest: exactly one of {@code bytes} and {@code file} is there.
     *
     * @param file name inside the spool's directory
     */
    @SuppressWarnings("ArrayRecordComponent") // a carrier between two lines of code, never compared
    record Body(byte @Nullable [] bytes, @Nullable String file, long length) {}

    /**
     * Reads a body to its end; if it goes to a file, the file is on disk when this returns.
     *
     * @throws PayloadTooLargeException if it is longer than allowed
     * @throws StorageException if it cannot be written
     * @throws IOException from reading
     */
    Body store(InputStream body) throws IOException {
        byte[] start = body.readNBytes(LONGEST_IN_ROW + 1);
        if (start.length > longest) {
            throw tooLarge();
        }
        if (start.length <= LONGEST_IN_ROW) {
            return new Body(start, null, start.length);
        }
        String name = UUID.randomUUID().toString();
        boolean complete = false;
        try {
            long length = write(directory.resolve(name), start, body);
            complete = true;
            return new Body(null, name, length);
        } finally {
            if (!complete) {
                delete(name);
            }
        }
    }

    /** @throws IOException if the file has gone */
    InputStream open(Body body) throws IOException {
        return body.bytes() != null
                ? new ByteArrayInputStream(body.bytes())
                : new FileInputStream(file(String.valueOf(body.file())).toFile());
    }

    /** Removes a body's file if it has one; what cannot be removed now is removed when the store is opened next. */
    void delete(@Nullable String name) {
        if (name == null) {
            return;
        }
        try {
            Files.deleteIfExists(file(name));
        } catch (IOException e) {
            LOG.warn("body {} of a finished call could not be removed", name, e);
        }
    }

    /** Removes the files that no call refers to. */
    void retain(Set<String> names) {
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> !names.contains(name))
                    .forEach(this::delete);
        } catch (IOException e) {
            throw new StorageException("cannot read " + directory + ": " + e.getMessage(), e);
        }
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    private long write(Path file, byte[] start, InputStream rest) throws IOException {
        try (FileChannel channel = open(file)) {
            long length = append(channel, start, start.length);
            byte[] buffer = new byte[LONGEST_IN_ROW];
            for (int n = rest.read(buffer); n >= 0; n = rest.read(buffer)) {
                length += append(channel, buffer, n);
                if (length > longest) {
                    throw tooLarge();
                }
            }
            force(channel);
            return length;
        }
    }

    private FileChannel open(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private int append(FileChannel channel, byte[] bytes, int length) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            return length;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void force(FileChannel channel) {
        try {
            channel.force(true);
            DurableFiles.syncDirectory(directory);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private StorageException unwritable(IOException e) {
        return new StorageException("the call's body cannot be kept in " + directory + ": " + e.getMessage(), e);
    }

    private PayloadTooLargeException tooLarge() {
        return new PayloadTooLargeException("the body of an asynchronous call may have at most " + longest + " bytes");
    }
}
