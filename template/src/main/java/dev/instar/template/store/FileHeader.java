package dev.instar.template.store;

import dev.instar.template.image.InvalidImageException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The start of an image's file. All numbers are big-endian. Behind it come the units in the order of the image's table,
 * the image and the facts, each encrypted with the image's own key and followed by its tag, and nothing else.
 *
 * <p>The wrapped key is bound to what stands before it, and the image and the facts are bound to the whole header.
 *
 * @param version of the format
 * @param model fingerprint of the records that an image consists of
 * @param id SHA-256 of the image and the facts in their stored form, in hexadecimal
 * @param key the image's key
 * @param units how many units there are
 * @param imageLength of the image's metadata, in bytes, before encryption
 * @param factsLength the same of the facts
 */
record FileHeader(int version, long model, String id, WrappedKey key, int units, int imageLength, int factsLength) {
    /** In bytes. */
    static final int SIZE = 148;

    /** Of the format that is written, and the only one that is read. */
    static final int VERSION = 1;

    private static final byte[] MAGIC = "instarMT".getBytes(StandardCharsets.US_ASCII);
    private static final int ID_BYTES = 32;
    private static final int MOST_UNITS = 1 << 24;
    private static final int MOST_IMAGE = 256 << 20;
    private static final int MOST_FACTS = 1 << 20;

    /** What of the header the wrapped key is bound to. */
    byte[] boundToKey() {
        return Arrays.copyOf(encode(), MAGIC.length + Integer.BYTES + Integer.BYTES + Long.BYTES + ID_BYTES);
    }

    FileHeader with(WrappedKey wrapped) {
        return new FileHeader(version, model, id, wrapped, units, imageLength, factsLength);
    }

    byte[] encode() {
        return ByteBuffer.allocate(SIZE)
                .put(MAGIC)
                .putInt(version)
                .putInt(key.kind())
                .putLong(model)
                .put(HexFormat.of().parseHex(id))
                .put(key.salt())
                .putInt(key.iterations())
                .put(key.nonce())
                .put(key.bytes())
                .putInt(units)
                .putInt(imageLength)
                .putInt(factsLength)
                .array();
    }

    /** @throws InvalidImageException if these are not the first bytes of an image that can be read here */
    static FileHeader decode(ByteBuffer in) throws InvalidImageException {
        try {
            byte[] magic = take(in, MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new InvalidImageException("not an image: it does not begin like one");
            }
            int version = in.getInt();
            if (version != VERSION) {
                throw new InvalidImageException(
                        "an image of format " + version + ", and this version of Instar reads format " + VERSION);
            }
            int kind = in.getInt();
            long model = in.getLong();
            String id = HexFormat.of().formatHex(take(in, ID_BYTES));
            byte[] salt = take(in, WrappedKey.SALT_BYTES);
            int iterations = in.getInt();
            byte[] nonce = take(in, WrappedKey.NONCE_BYTES);
            byte[] wrapped = take(in, WrappedKey.BYTES);
            FileHeader header = new FileHeader(
                    version,
                    model,
                    id,
                    new WrappedKey(kind, salt, iterations, nonce, wrapped),
                    in.getInt(),
                    in.getInt(),
                    in.getInt());
            header.check();
            return header;
        } catch (BufferUnderflowException e) {
            throw new InvalidImageException("not an image: it is shorter than the start of one", e);
        }
    }

    /** @throws InvalidImageException if a number in it is out of bounds */
    void check() throws InvalidImageException {
        if (model != Metadata.MODEL) {
            throw new InvalidImageException(
                    "an image of another version of Instar: its parts are not those of this one");
        }
        if (units < 0
                || units > MOST_UNITS
                || imageLength < 0
                || imageLength > MOST_IMAGE
                || factsLength < 0
                || factsLength > MOST_FACTS) {
            throw new InvalidImageException("its numbers are out of bounds: " + units + " units, " + imageLength
                    + " and " + factsLength + " bytes of metadata");
        }
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
