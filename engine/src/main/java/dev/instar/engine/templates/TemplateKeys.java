package dev.instar.engine.templates;

import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.instances.Workloads;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an image was made from, as one digest: a version, which has its code, variables and settings in it, and the
 * secrets and shims that its process found. An image of another key is of no use. Thread-safe.
 */
final class TemplateKeys {
    private final Workloads.SecretValues secrets;
    private final String shims;

    /** @param shims digest of the runtime's own files */
    TemplateKeys(Workloads.SecretValues secrets, String shims) {
        this.secrets = secrets;
        this.shims = shims;
    }

    /** The key of a version as of now. */
    String of(FunctionVersion version) {
        FunctionSpec spec = version.spec();
        MessageDigest digest = Digest.sha256();
        add(digest, version.digest().getBytes(StandardCharsets.UTF_8));
        add(digest, shims.getBytes(StandardCharsets.UTF_8));
        Map<String, byte[]> values = secrets.values(spec.name().namespace(), spec.secrets());
        new TreeMap<>(values).forEach((name, value) -> {
            add(digest, name.getBytes(StandardCharsets.UTF_8));
            add(digest, value);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, byte[] part) {
        digest.update(ByteBuffer.allocate(4).putInt(0, part.length));
        digest.update(part);
    }
}
