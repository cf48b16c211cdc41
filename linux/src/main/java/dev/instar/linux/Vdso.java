package dev.instar.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The code that a kernel maps into every process (vdso(7)). */
public final class Vdso {
    private Vdso() {}

    /** SHA-256 of this kernel's, in hexadecimal. Reads all mappings of this process: some milliseconds. */
    public static String digest() {
        int self = Math.toIntExact(ProcessHandle.current().pid());
        try (ProcessMemory memory = ProcessMemory.open(self)) {
            return digest(new ProcFiles().mappings(self).orElseThrow(), memory)
                    .orElseThrow(() -> new IllegalStateException("this kernel maps no [vdso]"));
        } catch (IOException e) {
            throw new UncheckedIOException("the memory of this process cannot be read", e);
        }
    }

    /** SHA-256 of what a process has of it, in hexadecimal; empty if it has none. */
    public static Optional<String> digest(List<MemoryMapping> mappings, ProcessMemory memory) throws IOException {
        for (MemoryMapping mapping : mappings) {
            if (mapping.name().equals("[vdso]")) {
                byte[] code = memory.read(mapping.start(), Math.toIntExact(mapping.length()));
                return Optional.of(HexFormat.of().formatHex(sha256().digest(code)));
            }
        }
        return Optional.empty();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
