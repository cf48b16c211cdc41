package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Packs a source folder into a tar.gz for upload. Equal folders give equal bytes: entries are sorted, times and owners
 * are zero, modes 0644 or 0755. Symbolic links stay links and are never followed. Confined to one thread.
 */
public final class SourceArchive {
    private static final int FILE_MODE = 0100644;
    private static final int EXECUTABLE_MODE = 0100755;
    private static final int DIRECTORY_MODE = 040755;

    private final Path root;
    private final IgnoreRules ignored;
    private final TreeLimits limits;
    private final Consumer<String> progress;
    private int entries;
    private long bytes;

    private SourceArchive(Path root, IgnoreRules ignored, TreeLimits limits, Consumer<String> progress) {
        this.root = root;
        this.ignored = ignored;
        this.limits = limits;
        this.progress = progress;
    }

    /**
     * Packs everything that {@code .instarignore} and the usual exclusions leave.
     *
     * @param out takes the archive; left open
     * @param progress told the path of each entry before it is packed
     * @throws InvalidRequestException if the folder holds a device, a link that leads out of it, too many or too large
     *     files
     * @throws IOException if a file cannot be read, or from {@code out}
     */
    public static void pack(Path directory, OutputStream out, Consumer<String> progress) throws IOException {
        IgnoreRules ignored = IgnoreRules.of(directory);
        new SourceArchive(directory, ignored, TreeLimits.DEFAULT, progress).write(out);
    }

    /**
     * Packs a whole tree without exclusions.
     *
     * @param out takes the archive; left open
     * @throws IOException if a file cannot be read, or from {@code out}
     */
    public static void packAll(Path directory, OutputStream out) throws IOException {
        TreeLimits unbounded = new TreeLimits(Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE);
        new SourceArchive(directory, IgnoreRules.none(), unbounded, _ -> {}).write(out);
    }

    private void write(OutputStream out) throws IOException {
        GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(gzip, "UTF-8");
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
        addChildren(tar, root, "");
        tar.finish();
        tar.flush();
        gzip.finish();
    }

    private void addChildren(TarArchiveOutputStream tar, Path directory, String prefix) throws IOException {
        for (Path child : children(directory)) {
            String path = prefix + child.getFileName();
            boolean isDirectory = Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS);
            if (!ignored.leavesOut(path, isDirectory)) {
                entries++;
                requireRoom(path);
                progress.accept(path);
                add(tar, child, path, isDirectory);
            }
        }
    }

    private void add(TarArchiveOutputStream tar, Path file, String path, boolean isDirectory) throws IOException {
        if (isDirectory) {
            put(tar, new TarArchiveEntry(path + "/"), DIRECTORY_MODE);
            tar.closeArchiveEntry();
            addChildren(tar, file, path + "/");
        } else if (Files.isSymbolicLink(file)) {
            addLink(tar, file, path);
        } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            addFile(tar, file, path);
        } else {
            throw new InvalidRequestException(
                    file + " is a device, socket or pipe; remove it or name it in " + IgnoreRules.FILE);
        }
    }

    private void addFile(TarArchiveOutputStream tar, Path file, String path) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(path);
        entry.setSize(Files.size(file));
        bytes += entry.getSize();
        requireRoom(path);
        boolean executable = Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_EXECUTE);
        put(tar, entry, executable ? EXECUTABLE_MODE : FILE_MODE);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
    }

    private void addLink(TarArchiveOutputStream tar, Path file, String path) throws IOException {
        Path target = Files.readSymbolicLink(file);
        Path reached = file.resolveSibling(target).toAbsolutePath().normalize();
        if (target.isAbsolute() || !reached.startsWith(root.toAbsolutePath().normalize())) {
            throw new InvalidRequestException(file + " is a link that leads out of the folder, to " + target
                    + "; copy what it points to, or name it in " + IgnoreRules.FILE);
        }
        TarArchiveEntry entry = new TarArchiveEntry(path, TarConstants.LF_SYMLINK);
        entry.setLinkName(target.toString());
        put(tar, entry, 0777);
        tar.closeArchiveEntry();
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, int mode) throws IOException {
        entry.setMode(mode);
        entry.setModTime(0L);
        entry.setUserId(0);
        entry.setGroupId(0);
        entry.setNames("", "");
        tar.putArchiveEntry(entry);
    }

    private void requireRoom(String path) {
        if (entries > limits.entries() || bytes > limits.bytes()) {
            throw new InvalidRequestException("the folder is too large at " + path + ": at most " + limits.entries()
                    + " entries and " + (limits.bytes() >> 20) + " MiB can be deployed; name what is not needed in "
                    + IgnoreRules.FILE);
        }
    }

    private static List<Path> children(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            List<Path> sorted = new ArrayList<>(children.toList());
            sorted.sort((a, b) ->
                    a.getFileName().toString().compareTo(b.getFileName().toString()));
            return sorted;
        }
    }
}
