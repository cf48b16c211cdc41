package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A node's data directory, held by one process at a time. Only its owner can look into it. The lock is the kernel's, so
 * that it goes with the process however that ends.
 */
public final class DataDirectory implements AutoCloseable {
    static final String DATABASE = "instar.db";
    static final String MASTER_KEY = "master.key";
    static final String ADMIN_PASSWORD = "admin-password";
    static final String CODE = "code";
    static final String BODIES = "async";

    private final Path root;
    private final FileChannel lockFile;

    private DataDirectory(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /**
     * Makes the directory if needed and takes it for this process.
     *
     * @throws StorageException if it cannot be made, or another process has it
     */
    public static DataDirectory open(Path root) {
        try {
            Path absolute = root.toAbsolutePath().normalize();
            createPrivate(absolute);
            return new DataDirectory(absolute, lock(absolute));
        } catch (IOException e) {
            throw new StorageException("cannot use the data directory " + root + ": " + e, e);
        }
    }

    /** The absolute path of the directory itself. */
    public Path root() {
        return root;
    }

    Path database() {
        return root.resolve(DATABASE);
    }

    Path masterKey() {
        return root.resolve(MASTER_KEY);
    }

    Path adminPassword() {
        return root.resolve(ADMIN_PASSWORD);
    }

    /** Code trees by the hexadecimal part of their digest. */
    Path code() {
        return subdirectory(CODE);
    }

    /** Bodies of queued calls that are too long for the database. */
    Path bodies() {
        return subdirectory(BODIES);
    }

    /** Files that have no meaning after the process has ended; emptied when the directory is opened. */
    Path temporary() {
        return subdirectory("tmp");
    }

    /** Gives the directory back. */
    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path subdirectory(String name) {
        Path directory = root.resolve(name);
        try {
            createPrivate(directory);
        } catch (IOException e) {
            throw new StorageException("cannot make " + directory + ": " + e, e);
        }
        return directory;
    }

    private static void createPrivate(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static FileChannel lock(Path root) throws IOException {
        FileChannel channel =
                FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(root);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw inUse(root);
    }

    private static StorageException inUse(Path root) {
        return new StorageException("the data directory " + root
                + " is in use by another node; stop that one first, or give this one a directory of its own");
    }
}
