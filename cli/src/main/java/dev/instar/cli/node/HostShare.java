package dev.instar.cli.node;

import dev.instar.sandbox.SandboxSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What of the machine a node takes for itself, derived from its data directory: a node that comes back finds and
 * removes what it left behind, and another node on the machine uses other names and ids.
 *
 * @param nodeId 8 hexadecimal digits
 * @param runDirectory for what does not survive a restart
 * @param firstUid first of the user ids of its sandboxes
 */
public record HostShare(String nodeId, Path runDirectory, int firstUid) {
    /** Debian gives 2^24 ids from {@link SandboxSettings#DEFAULT_FIRST_UID} on to nobody. */
    private static final int IDS = 1 << 24;

    private static final int IDS_OF_A_SANDBOX = 2;

    /** What the node with this data directory takes. */
    public static HostShare of(Path data, NodeConfiguration.Sandboxes sandboxes) {
        byte[] digest = sha256(data.toString());
        String id = HexFormat.of().formatHex(digest, 0, 4);
        int wanted = IDS_OF_A_SANDBOX * sandboxes.maximum();
        int slot = Integer.remainderUnsigned(HexFormat.fromHexDigits(id), IDS / wanted);
        int uid = sandboxes.firstUid().orElse(SandboxSettings.DEFAULT_FIRST_UID + slot * wanted);
        return new HostShare(id, Path.of("/run/instar-" + id), uid);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
