package dev.instar.template.capture;

import dev.instar.linux.ProcFiles;
import dev.instar.template.image.Origin.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Files of a process by the paths under which it sees them. The kernel writes a path as seen from the root of the
 * process's mount namespace, or from our own root if that is the same namespace; what precedes the process's own root
 * is taken off. Content and kind are looked up through links of the kernel's that cannot be redirected; the path is
 * only accepted if it leads to the same file.
 */
final class SandboxFiles {
    /** Types of file in the mode of stat(2). */
    static final int TYPE = 0170000;

    static final int REGULAR = 0100000;
    private static final String DELETED = " (deleted)";
    private static final String IN_IMAGE = "use files of the function's own layer or of the base";

    private final int pid;
    private final ProcFiles proc;
    private final FileDigests digests;
    private final List<String> ownDirectories;
    private final String root;
    private final Map<String, FileIdentity> identities = new TreeMap<>();

    SandboxFiles(int pid, ProcFiles proc, FileDigests digests, List<String> ownDirectories) {
        this.pid = pid;
        this.proc = proc;
        this.digests = digests;
        this.ownDirectories = ownDirectories;
        String link = proc.link(pid, "root").orElse("/");
        this.root = link.equals("/") ? "" : link;
    }

    /**
     * The path of what a link of the process's points at.
     *
     * @param what names it to a person
     * @param link below {@code /proc/PID}
     * @param shown the path as the kernel writes it
     */
    String path(String what, String link, String shown) throws IOException {
        String path = shown.equals(root) ? "/" : shown.startsWith(root + "/") ? shown.substring(root.length()) : "";
        if (path.isEmpty()) {
            throw new CaptureRefusedException(what + ": " + shown + ", which is outside its root", IN_IMAGE);
        }
        if (!sameFile(proc.file(pid, link), path)) {
            throw new CaptureRefusedException(
                    shown.endsWith(DELETED)
                            ? what + ": a deleted file, " + shown.substring(0, shown.length() - DELETED.length())
                            : what + ": a file that is not at its path any more, " + shown,
                    "close it in a before-checkpoint hook, or do not delete it");
        }
        for (String directory : ownDirectories) {
            if (path.startsWith(directory + "/")) {
                throw new CaptureRefusedException(
                        what + ": a file of this instance's own, " + path,
                        "close it in a before-checkpoint hook and open it in an after-restore hook");
            }
        }
        return path;
    }

    private boolean sameFile(Path link, String path) throws IOException {
        try {
            return identity(link).equals(identity(inside(path)));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private Path inside(String path) {
        return Path.of(proc.file(pid, "root").toString() + path);
    }

    private static Map<String, Object> identity(Path file) throws IOException {
        return Files.readAttributes(file, "unix:dev,ino");
    }

    /** Type and permissions of what a link points at, as in stat(2). */
    int mode(String link) throws IOException {
        return (int) attribute(link, "mode");
    }

    /** Device numbers of what a link points at, as in stat(2). */
    long device(String link) throws IOException {
        return (long) attribute(link, "rdev");
    }

    /** Length of what a link points at. */
    long size(String link) throws IOException {
        return (long) attribute(link, "size");
    }

    private Object attribute(String link, String name) throws IOException {
        Object value =
                Files.readAttributes(proc.file(pid, link), "unix:" + name).get(name);
        if (value == null) {
            throw new IOException("no " + name + " of " + link);
        }
        return value;
    }

    /** Notes that the image depends on the content of a regular file. */
    void dependOn(String path, String link) throws IOException {
        if (!identities.containsKey(path)) {
            Path file = proc.file(pid, link);
            identities.put(path, new FileIdentity(path, size(link), digests.digest(file)));
        }
    }

    /** All files noted, by path. */
    List<FileIdentity> identities() {
        return List.copyOf(identities.values());
    }
}
