package dev.instar.engine.store;

import dev.instar.engine.deploy.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The identity of a code tree: SHA-256 over one line per entry, sorted by path, {@code KIND HASH PATH} ended by NUL.
 * The kind is {@code d} for a directory, {@code f} for a file, {@code x} for an executable one, {@code l} for a
 * symbolic link; the hash is that of the content or the link's target. Times, owners and the archive's order do not
 * matter.
 */
final class TreeDigest {
    private static final byte[] VERSION = "instar-tree-1\0".getBytes(StandardCharsets.US_ASCII);
    private static final String OF_NOTHING = "-";

    private final Map<String, String> lines = new TreeMap<>();

    void directory(String path) {
        lines.put(path, "d " + OF_NOTHING);
    }

    /** @param hash hexadecimal SHA-256 of the content */
    void file(String path, boolean executable, String hash) {
        lines.put(path, (executable ? "x " : "f ") + hash);
    }

    void link(String path, String target) {
        lines.put(path, "l " + HexFormat.of().formatHex(sha256(target)));
    }

    /** {@code sha256:…} */
    String value() {
        MessageDigest tree = Digest.sha256();
        tree.update(VERSION);
        lines.forEach((path, line) -> tree.update((line + " " + path + "\0").getBytes(StandardCharsets.UTF_8)));
        return Digest.of(tree);
    }

    /** Computes it anew from a tree on disk. */
    static String of(Path root) throws IOException {
        TreeDigest digest = new TreeDigest();
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.filter(path -> !path.equals(root)).toList()) {
                digest.add(root.relativize(path).toString(), path);
            }
        }
        return digest.value();
    }

    private void add(String name, Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            link(name, Files.readSymbolicLink(path).toString());
        } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            directory(name);
        } else {
            boolean executable = Files.getPosixFilePermissions(path).contains(PosixFilePermission.OWNER_EXECUTE);
            file(name, executable, HexFormat.of().formatHex(sha256(path)));
        }
    }

    private static byte[] sha256(String text) {
        return Digest.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sha256(Path file) throws IOException {
        MessageDigest hash = Digest.sha256();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                hash.update(buffer, 0, n);
            }
        }
        return hash.digest();
    }
}
