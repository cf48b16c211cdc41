package dev.instar.template.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * SHA-256 of files, remembered: most of what a process maps is a runtime and its libraries, the same for all functions.
 * Thread-safe.
 */
public final class FileDigests {
    private static final int REMEMBERED = 4096;
    private static final int BUFFER_BYTES = 256 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Map<String, Object>, String> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Map<String, Object>, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** What changes when a file is written to, or another takes its place; the change time cannot be set. */
    private static Map<String, Object> version(Path file) throws IOException {
        return Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime");
    }

    /**
     * The digest of a file's content, in hexadecimal.
     *
     * @throws IOException if it cannot be read
     */
    public String digest(Path file) throws IOException {
        Map<String, Object> version = version(file);
        lock.lock();
        try {
            String digest = known.get(version);
            if (digest != null) {
                return digest;
            }
        } finally {
            lock.unlock();
        }
        String digest = read(file);
        if (version.equals(version(file))) {
            lock.lock();
            try {
                known.put(version, digest);
            } finally {
                lock.unlock();
            }
        }
        return digest;
    }

    private static String read(Path file) throws IOException {
        MessageDigest sha256 = sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }
}
