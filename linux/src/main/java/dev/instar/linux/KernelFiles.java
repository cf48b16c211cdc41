package dev.instar.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads files that the kernel writes as they are read. */
final class KernelFiles {
    private static final int BUFFER_BYTES = 16 * 1024;

    private KernelFiles() {}

    /**
     * The text of a file. {@code Files.readAllBytes} begins with one byte where a file says that it is empty, and a
     * file in {@code /proc/sys} gives no more after that.
     */
    static String read(Path file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                bytes.write(buffer, 0, count);
            }
        }
        // Names in these files are bytes that a process chose; not all are UTF-8.
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
