package dev.instar.template.image;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the bytes of an image's units as they are captured. */
@FunctionalInterface
public interface UnitSink {
    /**
     * Keeps the bytes.
     *
     * @param start address of the first byte
     * @param bytes the unit's content; read completely, and the caller's again afterwards
     * @return SHA-256 of the bytes, in hexadecimal
     * @throws IOException if they cannot be kept
     */
    String accept(long start, ByteBuffer bytes) throws IOException;
}
