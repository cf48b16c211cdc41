package dev.instar.template.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.template.image.Image;
import dev.instar.template.image.ImageRules;
import dev.instar.template.image.Images;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.MemoryUnits;
import dev.instar.template.image.Mutations;
import dev.instar.template.image.Region;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.SecretKey;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metadata from somebody who has the key and means ill. */
class HostileMetadataTest {
    private static final MemoryUnits UNITS = new MemoryUnits();
    private static final Image VALID = Images.small(UNITS);
    private static final List<Metadata.UnitEntry> UNIT_TABLE = VALID.regions().stream()
            .filter(Region.Content.class::isInstance)
            .flatMap(region -> ((Region.Content) region).units().stream())
            .map(unit -> new Metadata.UnitEntry(unit.digest(), unit.length()))
            .distinct()
            .toList();

    // Their content is read only on demand, so that any will do.
    private static final byte[] UNIT_BYTES = new byte
            [UNIT_TABLE.stream()
                    .mapToInt(unit -> unit.length() + SectionCipher.TAG_BYTES)
                    .sum()];

    @Property(tries = 300)
    void everyImageComesBackFromItsBytes(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Image image =
                new Images(random, UNITS).image(random.nextInt(12), 1 + random.nextInt(5), random.nextInt(40), 65536);
        byte[] bytes = RecordCodec.encode(image);
        assertThat(RecordCodec.decode(bytes, Image.class)).isEqualTo(image);
    }

    /** A value has one form: what another form decodes to, if it does, is another value. */
    @Test
    void everyChangedByteOfTheMetadataIsRefusedOrAnotherImage() throws IOException {
        byte[] bytes = RecordCodec.encode(new Metadata.ImagePart(VALID, List.of()));
        for (int i = 0; i < bytes.length; i++) {
            byte before = bytes[i];
            for (int value : new int[] {before ^ 1, before ^ 0x80, 0xff, 0}) {
                bytes[i] = (byte) value;
                try {
                    Metadata.ImagePart decoded = RecordCodec.decode(bytes, Metadata.ImagePart.class);
                    assertThat(decoded.image().equals(VALID)).isEqualTo(bytes[i] == before);
                    assertThat(RecordCodec.encode(decoded)).isEqualTo(bytes);
                    ImageRules.check(decoded.image());
                } catch (InvalidImageException refused) {
                    assertThat(refused.getMessage()).isNotBlank();
                }
            }
            bytes[i] = before;
        }
    }

    @Property(tries = 500)
    void noiseIsRefused(@ForAll byte[] noise) {
        try {
            RecordCodec.decode(noise, Metadata.ImagePart.class);
        } catch (InvalidImageException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    /** A whole file with one field changed, properly sealed: it opens as what it says, or is refused. */
    @Test
    void everyForgedFieldIsTakenAsItIsOrRefused(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("forged.image");
        int[] opened = new int[1];
        Mutations.forEach(new Metadata.ImagePart(VALID, UNIT_TABLE), changed -> {
            try {
                opened[0] += open(file, (Metadata.ImagePart) changed) ? 1 : 0;
            } catch (IOException e) {
                throw new AssertionError("nothing but a refusal may happen", e);
            }
        });
        assertThat(opened[0]).isPositive();
    }

    private static boolean open(Path file, Metadata.ImagePart part) throws IOException {
        try {
            SecretKey key = SectionCipher.newKey();
            SealedMetadata metadata = SealedMetadata.of(
                    part, Metadata.FactsPart.of(Map.of()), key, new SectionCipher(key), Protection.none());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes(metadata.header().encode());
            bytes.writeBytes(UNIT_BYTES);
            bytes.writeBytes(metadata.image());
            bytes.writeBytes(metadata.facts());
            Files.write(file, bytes.toByteArray());
            try (OpenImage image = OpenImage.open(file, Protection.none())) {
                assertThat(image.image()).isEqualTo(part.image());
                return true;
            }
        } catch (InvalidImageException refused) {
            return false;
        }
    }
}
