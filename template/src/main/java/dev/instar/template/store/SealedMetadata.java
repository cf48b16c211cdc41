package dev.instar.template.store;

import dev.instar.template.image.InvalidImageException;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * What an image's file has besides the units, ready to be written.
 *
 * @param header first in the file
 * @param image behind the units
 * @param facts last
 */
record SealedMetadata(FileHeader header, byte[] image, byte[] facts) {
    static SealedMetadata of(
            Metadata.ImagePart image,
            Metadata.FactsPart facts,
            SecretKey imageKey,
            SectionCipher cipher,
            Protection protection)
            throws InvalidImageException {
        byte[] imageBytes = RecordCodec.encode(image);
        byte[] factsBytes = RecordCodec.encode(facts);
        FileHeader header = protection.wrap(
                imageKey,
                new FileHeader(
                        FileHeader.VERSION,
                        Metadata.MODEL,
                        Metadata.id(image.image(), facts),
                        WrappedKey.none(protection.kind()),
                        image.units().size(),
                        imageBytes.length,
                        factsBytes.length));
        header.check();
        byte[] bound = header.encode();
        return new SealedMetadata(
                header,
                seal(cipher, SectionCipher.Kind.IMAGE, bound, imageBytes),
                seal(cipher, SectionCipher.Kind.FACTS, bound, factsBytes));
    }

    private static byte[] seal(SectionCipher cipher, SectionCipher.Kind kind, byte[] bound, byte[] plain) {
        byte[] sealed = new byte[plain.length + SectionCipher.TAG_BYTES];
        int length = cipher.seal(kind, 0, bound, plain, plain.length, sealed);
        return Arrays.copyOf(sealed, length);
    }
}
