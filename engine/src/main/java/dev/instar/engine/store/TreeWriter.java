package dev.instar.engine.store;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.deploy.TreeLimits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes the entries of an archive below a directory and nowhere else. Modes become 0644 or 0755. Symbolic links are
 * made last, when every file is in its place, so that nothing is ever written through one. Python's bytecode caches are
 * left out: the node makes its own beside the sources, which must not change what a tree is, and nobody's bytecode must
 * stand in for another's equal sources. Confined to one thread.
 */
final class TreeWriter {
    private static final String BYTECODE_CACHE = "__pycache__";

    private final Path root;
    private final TreeLimits limits;
    private final long mostBytes;
    private final TreeDigest digest = new TreeDigest();
    private final Set<String> directories = new HashSet<>();
    private final Map<String, Boolean> files = new TreeMap<>();
    private final Map<String, String> links = new TreeMap<>();
    private final byte[] buffer = new byte[1 << 16];
    private long bytes;
    private long leftOut;

    /**
     * @param root an empty directory
     * @param archiveBytes length of the archive, which bounds what may come out of it
     */
    TreeWriter(Path root, TreeLimits limits, long archiveBytes) {
        this.root = root;
        this.limits = limits;
        long byRatio = archiveBytes > limits.bytes() / limits.ratio() ? limits.bytes() : archiveBytes * limits.ratio();
        this.mostBytes = Math.min(limits.bytes(), Math.max(TreeLimits.RATIO_FREE_BYTES, byRatio));
        directories.add("");
    }

    void directory(String name) {
        makeDirectories(TreePath.normalize(name), name);
    }

    /** @throws IOException from reading the content */
    void file(String name, boolean executable, InputStream content) throws IOException {
        String path = claim(name);
        long before = bytes;
        String hash = write(resolve(path, name), executable, content);
        files.put(path, executable);
        if (isBytecode(path)) {
            leftOut += bytes - before;
        } else {
            digest.file(path, executable, hash);
        }
    }

    /** A second name for a file that came earlier: it becomes a file of its own. */
    void hardLink(String name, String target) throws IOException {
        String original = TreePath.normalize(target);
        Boolean executable = files.get(original);
        if (executable == null) {
            throw TreePath.invalid(name, "is a hard link to something that is not an earlier file: " + target);
        }
        try (InputStream content = Files.newInputStream(root.resolve(original))) {
            file(name, executable, content);
        }
    }

    void symbolicLink(String name, String target) {
        if (target.isEmpty() || target.startsWith("/")) {
            throw TreePath.invalid(
                    name, "is a link out of the archive: \"" + target + "\"; only relative links are kept");
        }
        for (String part : target.split("/", -1)) {
            if (!part.equals("..")) {
                TreePath.normalize(part);
            }
        }
        String path = claim(name);
        if (!isBytecode(path)) {
            // A path drops empty parts, so "b/" is written as "b": the digest must be of what is written.
            String written = Path.of(target).toString();
            links.put(path, written);
            digest.link(path, written);
        }
    }

    /**
     * Makes the links and ends the writing.
     *
     * @return the tree's digest
     * @throws InvalidRequestException if the archive held nothing or a link leaves the tree
     */
    String finish() {
        removeBytecode();
        if (files.isEmpty() && links.isEmpty()) {
            throw new InvalidRequestException("the archive holds no files");
        }
        new TreeLinks(links).requireInside();
        links.forEach((path, target) -> {
            try {
                Files.createSymbolicLink(resolve(path, path), Path.of(target));
            } catch (IOException e) {
                throw unwritable(path, e);
            } catch (InvalidPathException e) {
                throw unrepresentable(path, e);
            }
        });
        return digest.value();
    }

    /** Contents of all files so far. */
    long bytes() {
        return bytes - leftOut;
    }

    /** Only now, so that what is left out counts against the limits like anything else. */
    private void removeBytecode() {
        Comparator<String> childrenFirst = Comparator.reverseOrder();
        List<String> unwanted = Stream.concat(files.keySet().stream(), directories.stream())
                .filter(TreeWriter::isBytecode)
                .sorted(childrenFirst)
                .toList();
        for (String path : unwanted) {
            try {
                Files.delete(resolve(path, path));
            } catch (IOException e) {
                throw unwritable(path, e);
            }
            files.remove(path);
            directories.remove(path);
        }
    }

    private static boolean isBytecode(String path) {
        return ("/" + path + "/").contains("/" + BYTECODE_CACHE + "/");
    }

    private String claim(String name) {
        String path = TreePath.normalize(name);
        if (path.isEmpty() || directories.contains(path) || files.containsKey(path) || links.containsKey(path)) {
            throw TreePath.invalid(name, "appears twice");
        }
        makeDirectories(TreePath.parent(path), name);
        requireRoom();
        return path;
    }

    private void makeDirectories(String path, String name) {
        if (directories.contains(path)) {
            return;
        }
        if (files.containsKey(path) || links.containsKey(path)) {
            throw TreePath.invalid(name, "needs a directory where the archive has a file or link: " + path);
        }
        makeDirectories(TreePath.parent(path), name);
        requireRoom();
        try {
            Path directory = resolve(path, name);
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw unwritable(path, e);
        }
        directories.add(path);
        if (!isBytecode(path)) {
            digest.directory(path);
        }
    }

    private String write(Path file, boolean executable, InputStream content) throws IOException {
        MessageDigest hash = Digest.sha256();
        try (FileChannel channel = create(file, executable)) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                bytes += n;
                if (bytes > mostBytes) {
                    throw new InvalidRequestException("the archive unpacks to more than " + mostBytes
                            + " bytes; it may hold " + (limits.bytes() >> 20) + " MiB and " + limits.ratio()
                            + " times its own length");
                }
                hash.update(buffer, 0, n);
                append(channel, n, file);
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private FileChannel create(Path file, boolean executable) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            // Set afterwards because the process's mask may take bits away from a mode given at creation.
            Files.setPosixFilePermissions(
                    file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            return channel;
        } catch (IOException e) {
            throw unwritable(file.toString(), e);
        }
    }

    private void append(FileChannel channel, int length, Path file) {
        try {
            ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, length);
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        } catch (IOException e) {
            throw unwritable(file.toString(), e);
        }
    }

    private Path resolve(String path, String name) {
        try {
            return root.resolve(path);
        } catch (InvalidPathException e) {
            throw unrepresentable(name, e);
        }
    }

    private void requireRoom() {
        if (directories.size() + files.size() + links.size() > limits.entries()) {
            throw new InvalidRequestException("the archive has more than " + limits.entries() + " entries");
        }
    }

    private static StorageException unwritable(String path, IOException e) {
        return new StorageException("code cannot be stored: " + path + ": " + e.getMessage(), e);
    }

    private static StorageException unrepresentable(String name, InvalidPathException e) {
        return new StorageException(
                "the node's locale cannot write the name \"" + name + "\"; start the node with LC_ALL=C.UTF-8", e);
    }
}
