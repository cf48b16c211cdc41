package dev.instar.template.image;

import java.util.Arrays;
import java.util.HexFormat;

/** An immutable sequence of bytes that is equal to another of the same content. */
public final class Bytes {
    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    /** A copy of {@code content}. */
    public static Bytes of(byte[] content) {
        return new Bytes(content.clone());
    }

    /** A copy that the caller may change. */
    public byte[] toArray() {
        return content.clone();
    }

    public int length() {
        return content.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    /** The content in hexadecimal, cut after 32 bytes. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(content, 0, Math.min(content.length, 32)) + (content.length > 32 ? "…" : "");
    }
}
