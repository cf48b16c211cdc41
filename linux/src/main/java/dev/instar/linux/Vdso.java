package dev.instar.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The code that this kernel maps into every process (vdso(7)). */
public final class Vdso {
    private Vdso() {}

    /** SHA-256 of its pages, in hexadecimal. */
    public static String digest() {
        int self = Math.toIntExact(ProcessHandle.current().pid());
        MemoryMapping vdso = new ProcFiles()
                .mappings(self).orElseThrow().stream()
                        .filter(mapping -> mapping.name().equals("[vdso]"))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("this kernel maps no [vdso]"));
        byte[] code = new byte[Math.toIntExact(vdso.length())];
        try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
            memory.seek(vdso.start());
            memory.readFully(code);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(code));
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/self/mem cannot be read", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
