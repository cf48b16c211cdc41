package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** SHA-256 digests in the form {@code sha256:} and 64 hexadecimal digits. */
public final class Digest {
    private static final String PREFIX = "sha256:";
    private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

    private Digest() {}

    /** The digest of some bytes. */
    public static String of(byte[] bytes) {
        return of(sha256(), bytes);
    }

    /** The digest of what {@code hash} has been given, and then some bytes. */
    public static String of(MessageDigest hash, byte... bytes) {
        return PREFIX + HexFormat.of().formatHex(hash.digest(bytes));
    }

    /** The hexadecimal part, fit for a file name. */
    public static String hex(String digest) {
        return require("digest", digest).substring(PREFIX.length());
    }

    /** The digest with this hexadecimal part. */
    public static String ofHex(String hex) {
        return require("digest", PREFIX + hex);
    }

    /** Whether the text is of the form. */
    public static boolean isDigest(String text) {
        return FORM.matcher(text).matches();
    }

    /**
     * The digest itself.
     *
     * @param what what it is the digest of, for the message
     * @throws InvalidRequestException if it is not of the form
     */
    public static String require(String what, String digest) {
        if (!isDigest(digest)) {
            throw new InvalidRequestException(
                    what + " must be sha256: and 64 hexadecimal digits, found \"" + digest + "\"");
        }
        return digest;
    }

    /** A fresh SHA-256, which every Java platform has. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
