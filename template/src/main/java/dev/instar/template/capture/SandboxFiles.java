package dev.instar.template.capture;

import dev.instar.linux.FileStatus;
import dev.instar.linux.ProcFiles;
import dev.instar.template.image.Origin.FileIdentity;
import java.io.IOException;
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
        if (!isAt(link, path)) {
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

    private boolean isAt(String link, String path) throws IOException {
        FileStatus file = status(link);
        return FileStatus.of(proc.file(pid, "root") + path)
                .filter(file::sameFile)
                .isPresent();
    }

    /** What a link of the process's leads to. */
    FileStatus status(String link) throws IOException {
        return proc.fileStatus(pid, link).orElseThrow(() -> new IOException("process " + pid + " has no " + link));
    }

    /** Notes that the image depends on the content of a regular file. */
    void dependOn(String path, String link) throws IOException {
        if (!identities.containsKey(path)) {
            Path file = proc.file(pid, link);
            identities.put(path, new FileIdentity(path, status(link).size(), digests.digest(file)));
        }
    }

    /** All files noted, by path. */
    List<FileIdentity> identities() {
        return List.copyOf(identities.values());
    }
}
