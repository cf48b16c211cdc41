package dev.instar.engine.templates;

import dev.instar.linux.Vdso;
import dev.instar.sandbox.Workload;
import dev.instar.template.image.Origin;
import dev.instar.template.image.Origin.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether an image can be used here and now: clones jump into the kernel's vdso and map libraries, so both have to be
 * what they were at the capture. Thread-safe.
 */
final class OriginCheck {
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
            Path host = onHost(file.path(), workload);
            if (!Files.isRegularFile(host)) {
                return Optional.of("the file " + file.path() + " is not there any more");
            }
            if (Files.size(host) != file.size() || !digest(host).equals(file.digest())) {
                return Optional.of("the file " + file.path() + " has changed since it was captured");
            }
        }
        return Optional.empty();
    }

    private Path onHost(String path, Workload workload) {
        if (path.startsWith("/function/")) {
            return workload.codeDirectory().resolve(path.substring("/function/".length()));
        }
        if (path.startsWith("/instar/")) {
            return shims.resolve(path.substring("/instar/".length()));
        }
        if (path.startsWith("/layers/")) {
            String rest = path.substring("/layers/".length());
            int slash = rest.indexOf('/');
            int layer = Integer.parseInt(rest.substring(0, Math.max(0, slash)));
            return workload.layers().get(layer).resolve(rest.substring(slash + 1));
        }
        return Path.of(path);
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
