package dev.instar.engine.templates;

import dev.instar.linux.Vdso;
import dev.instar.sandbox.Workload;
import dev.instar.template.image.Origin;
import dev.instar.template.image.Origin.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether an image can be used here and now: clones jump into the kernel's vdso and map libraries, so both have to be
 * what they were at the capture. Thread-safe.
 */
final class OriginCheck {
    /** Directories of the machine that sandboxes show, wholly or in part. */
    private static final List<String> MACHINE =
            List.of("/usr/", "/etc/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/");

    private final Path shims;
    private final String vdsoDigest = Vdso.digest();
    /** Hashing a runtime's libraries takes longer than all the rest of building a zygote. */
    private final Map<Path, Known> digests = new ConcurrentHashMap<>();

    private record Known(Map<String, Object> attributes, String digest) {}

    /** @param shims host directory that instances see as {@code /instar} */
    OriginCheck(Path shims) {
        this.shims = shims;
    }

    /**
     * Why the image cannot be used; empty if it can.
     *
     * @param workload tells which host directories an instance sees
     */
    Optional<String> problem(Origin origin, Workload workload) throws IOException {
        if (!origin.vdsoDigest().equals(vdsoDigest)) {
            return Optional.of("it was captured on another kernel (" + origin.kernelRelease() + "): [vdso] differs");
        }
        for (FileIdentity file : origin.files()) {
            Optional<Path> found = onHost(file.path(), workload);
            if (found.isEmpty()) {
                return Optional.of("the file " + file.path() + " is not one that an instance can read");
            }
            Path host = found.get();
            if (Files.size(host) != file.size() || !digest(host).equals(file.digest())) {
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

    private String digest(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime");
        Known known = digests.get(file);
        if (known == null || !known.attributes().equals(attributes)) {
            MessageDigest digest = TemplateKeys.sha256();
            try (var in = Files.newInputStream(file)) {
                byte[] buffer = new byte[1 << 20];
                for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
            known = new Known(attributes, HexFormat.of().formatHex(digest.digest()));
            digests.put(file, known);
        }
        return known.digest();
    }
}
