package dev.instar.template.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import javax.crypto.SecretKey;

/** Writes an image anew, under another protection and with another key of its own. */
final class ImageExport {
    private static final byte[] UNBOUND = {};

    private ImageExport() {}

    static void write(OpenImage image, OutputStream out, Protection protection) throws IOException {
        SecretKey key = SectionCipher.newKey();
        SectionCipher cipher = new SectionCipher(key);
        SealedMetadata metadata = SealedMetadata.of(
                new Metadata.ImagePart(image.image(), image.units()),
                Metadata.FactsPart.of(image.facts()),
                key,
                cipher,
                protection);
        out.write(metadata.header().encode());
        byte[] plain = new byte[ImageWriter.MOST_UNIT];
        byte[] sealed = new byte[ImageWriter.MOST_UNIT + SectionCipher.TAG_BYTES];
        int index = 0;
        for (Metadata.UnitEntry unit : image.units()) {
            image.readUnit(unit.digest(), unit.length(), ByteBuffer.wrap(plain));
            int count = cipher.seal(SectionCipher.Kind.UNIT, index++, UNBOUND, plain, unit.length(), sealed);
            out.write(sealed, 0, count);
        }
        out.write(metadata.image());
        out.write(metadata.facts());
        out.flush();
    }
}
