package dev.instar.engine.templates;

import dev.instar.linux.Vdso;
import dev.instar.sandbox.Workload;
import dev.instar.template.capture.FileDigests;
import dev.instar.template.image.Origin;
import dev.instar.template.image.Origin.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether an image can be used here and now: clones jump into the kernel's vdso and map libraries, so both have to be
 * what they were at the capture. Thread-safe.
 */
final class OriginCheck {
    /** Directories of the machine that sandboxes show, wholly or in part. */
    private static final List<String> MACHINE =
            List.of("/usr/", "/etc/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/");

    /** Found out with the first image, not at the node's start. */
    private static final class Kernel {
        static final String VDSO = Vdso.digest();
    }

    private final Path shims;
    private final FileDigests digests;

    /**
     * @param shims host directory that instances see as {@code /instar}
     * @param digests shared with captures: hashing a runtime's libraries takes longer than all the rest of building a
     *     zygote
     */
    OriginCheck(Path shims, FileDigests digests) {
        this.shims = shims;
        this.digests = digests;
    }

    /**
     * Why the image cannot be used; empty if it can.
     *
     * @param workload tells which host directories an instance sees
     */
    Optional<String> problem(Origin origin, Workload workload) throws IOException {
        if (!origin.vdsoDigest().equals(Kernel.VDSO)) {
            return Optional.of("it was captured on another kernel (" + origin.kernelRelease() + "): [vdso] differs");
        }
        for (FileIdentity file : origin.files()) {
            Optional<Path> found = onHost(file.path(), workload);
            if (found.isEmpty()) {
                return Optional.of("the file " + file.path() + " is not one that an instance can read");
            }
            Path host = found.get();
            if (Files.size(host) != file.size() || !digests.digest(host).equals(file.digest())) {
                return Optional.of("the file " + file.path() + " has changed since it was captured");
            }
        }
        return Optional.empty();
    }

    /**
     * The file that an instance sees under a path. The node reads it as root, and says whether it is what an image says
     * that it is; so an image that somebody has brought along must not make it look anywhere else, links included.
     */
    private Optional<Path> onHost(String path, Workload workload) throws IOException {
        Map<String, Path> shown = new LinkedHashMap<>();
        shown.put("/function/", workload.codeDirectory());
        shown.put("/instar/", shims);
        for (int i = 0; i < workload.layers().size(); i++) {
            shown.put("/layers/" + i + "/", workload.layers().get(i));
        }
        MACHINE.forEach(directory -> shown.put(directory, Path.of(directory)));
        for (Map.Entry<String, Path> each : shown.entrySet()) {
            if (path.startsWith(each.getKey())) {
                Path root = each.getValue().toRealPath();
                Path file = root.resolve(path.substring(each.getKey().length()));
                return Files.isRegularFile(file)
                                && (MACHINE.contains(each.getKey())
                                        || file.toRealPath().startsWith(root))
                                && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)
                        ? Optional.of(file)
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }
}
