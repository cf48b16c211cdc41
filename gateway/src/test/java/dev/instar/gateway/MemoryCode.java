package dev.instar.gateway;

import dev.instar.engine.CodeStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps archives as they are, each in a directory of its own. */
final class MemoryCode implements CodeStore {
    private final Map<String, Path> directories = new ConcurrentHashMap<>();
    private final Map<String, String> namespaces = new ConcurrentHashMap<>();

    @Override
    public String store(String namespace, Format format, InputStream archive) throws IOException {
        byte[] bytes = archive.readAllBytes();
        String digest = "sha256:" + HexFormat.of().formatHex(sha256(bytes));
        Path directory = Files.createTempDirectory("instar-gateway-test");
        Files.write(directory.resolve("archive"), bytes);
        directories.put(digest, directory);
        namespaces.put(digest, namespace);
        return digest;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public boolean contains(String namespace, String digest) {
        return namespace.equals(namespaces.get(digest));
    }

    @Override
    public Path directory(String digest) {
        Path directory = directories.get(digest);
        if (directory == null) {
            throw MemoryEngine.absent("code " + digest);
        }
        return directory;
    }

    void close() {
        for (Path directory : directories.values()) {
            try {
                Files.deleteIfExists(directory.resolve("archive"));
                Files.deleteIfExists(directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
