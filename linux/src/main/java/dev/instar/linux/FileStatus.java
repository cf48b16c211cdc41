package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What stat(2) tells of a file. Paths are UTF-8 whatever the locale, which {@link java.nio.file.Path} is not.
 *
 * @param device of the file system
 * @param inode within the file system
 * @param mode type and permissions
 * @param deviceNumber of a device file
 * @param size in bytes
 */
public record FileStatus(long device, long inode, int mode, long deviceNumber, long size) {
    private static final int NEWFSTATAT = 262;
    private static final int READLINK = 89;
    private static final int AT_FDCWD = -100;
    private static final int ENOTDIR = 20;
    private static final int STAT_BYTES = 144;
    private static final int LONGEST_PATH = 4096;
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int DIRECTORY = 0040000;
    private static final int CHARACTER_DEVICE = 0020000;

    /** Looks at a file, following links; empty if there is none. */
    public static Optional<FileStatus> of(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(STAT_BYTES, 8);
            long result =
                    Kernel.call(NEWFSTATAT, AT_FDCWD, arena.allocateFrom(path).address(), stat.address(), 0);
            if (isMissing(result)) {
                return Optional.empty();
            }
            if (result < 0) {
                throw new LinuxException("newfstatat(\"" + path + "\")", (int) -result);
            }
            return Optional.of(new FileStatus(
                    stat.get(JAVA_LONG, 0),
                    stat.get(JAVA_LONG, 8),
                    stat.get(JAVA_INT, 24),
                    stat.get(JAVA_LONG, 40),
                    stat.get(JAVA_LONG, 48)));
        }
    }

    /** Where a link points; empty if there is none. */
    public static Optional<String> link(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(LONGEST_PATH + 1);
            long length = Kernel.call(READLINK, arena.allocateFrom(path).address(), target.address(), LONGEST_PATH);
            if (isMissing(length)) {
                return Optional.empty();
            }
            if (length < 0) {
                throw new LinuxException("readlink(\"" + path + "\")", (int) -length);
            }
            return Optional.of(target.getString(0));
        }
    }

    private static boolean isMissing(long result) {
        return result == -Errno.ENOENT || result == -Errno.ESRCH || result == -ENOTDIR;
    }

    /** Whether both are the same file. */
    public boolean sameFile(FileStatus other) {
        return device == other.device && inode == other.inode;
    }

    /** Whether it is a regular file. */
    public boolean regular() {
        return (mode & TYPE) == REGULAR;
    }

    /** Whether it is a directory. */
    public boolean directory() {
        return (mode & TYPE) == DIRECTORY;
    }

    /** Whether it is a character device. */
    public boolean characterDevice() {
        return (mode & TYPE) == CHARACTER_DEVICE;
    }
}
