package dev.instar.template.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.template.image.Image;
import dev.instar.template.image.Images;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.MemoryUnits;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Images go in and come out the same; what is not exactly as it was written does not come out at all. */
class ImageStoreTest {
    private static final Map<String, String> FACTS = Map.of("function", "thumbnail", "namespace", "tenant-ü");
    private static final SecretKey KEY = key(1);

    private final MemoryUnits units = new MemoryUnits();
    private Path directory;
    private ImageStore store;

    static SecretKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return new SecretKeySpec(bytes, "AES");
    }

    @BeforeEach
    @BeforeTry
    void open() throws IOException {
        directory = Files.createTempDirectory("instar-images");
        store = ImageStore.open(directory.resolve("images"), KEY);
    }

    @AfterEach
    @AfterTry
    void remove() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    static StoredImage put(ImageStore store, Image image, MemoryUnits units, Map<String, String> facts)
            throws IOException {
        try (ImageWriter writer = store.create()) {
            for (Unit unit : unitsOf(image)) {
                assertThat(writer.accept(unit.start(), ByteBuffer.wrap(units.content(unit))))
                        .isEqualTo(unit.digest());
            }
            return writer.commit(image, facts);
        }
    }

    private static List<Unit> unitsOf(Image image) {
        return image.regions().stream()
                .filter(Content.class::isInstance)
                .flatMap(region -> ((Content) region).units().stream())
                .toList();
    }

    private void assertHolds(ImageStore from, String id, Image image) throws IOException {
        try (OpenImage opened = from.open(id)) {
            assertThat(opened.image()).isEqualTo(image);
            for (Unit unit : unitsOf(image)) {
                ByteBuffer bytes = ByteBuffer.allocate(unit.length());
                opened.read(unit, bytes);
                assertThat(bytes.array()).isEqualTo(units.content(unit));
            }
        }
    }

    @Property(tries = 60)
    void everyImageComesOutAsItWentIn(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Image image =
                new Images(random, units).image(random.nextInt(20), 1 + random.nextInt(8), random.nextInt(30), 3 << 20);
        StoredImage stored = put(store, image, units, FACTS);
        assertHolds(store, stored.id(), image);
        assertThat(store.list().images()).containsExactly(stored);
        assertThat(stored.facts()).isEqualTo(FACTS);
        assertThat(Files.size(file(stored))).isEqualTo(stored.bytes());
    }

    @Test
    void theSameImageHasTheSameIdAndAnotherAnother() throws IOException {
        Image image = Images.small(units);
        StoredImage first = put(store, image, units, FACTS);
        assertThat(put(store, image, units, FACTS).id()).isEqualTo(first.id());
        assertThat(put(store, image, units, Map.of()).id()).isNotEqualTo(first.id());
        assertThat(store.list().images()).hasSize(2);
        assertThat(store.remove(first.id())).isTrue();
        assertThat(store.remove(first.id())).isFalse();
        assertThat(store.list().images()).hasSize(1);
        assertThatThrownBy(() -> store.open(first.id())).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void equalUnitsAreStoredOnce() throws IOException {
        Content one = units.region(0x10_0000, 64 << 10, 5);
        Content other = units.region(0x40_0000, 64 << 10, 5);
        Image small = Images.small(units);
        Image image = new Image(
                small.origin(),
                small.process(),
                List.of(one, other),
                small.threads(),
                small.signalActions(),
                small.descriptors());
        StoredImage stored = put(store, image, units, FACTS);
        assertThat(stored.bytes()).isBetween(64L << 10, 80L << 10);
        assertHolds(store, stored.id(), image);
    }

    @Test
    void everyFlippedByteIsRefused() throws IOException {
        StoredImage stored = put(store, Images.small(units), units, FACTS);
        byte[] intact = Files.readAllBytes(file(stored));
        byte[] damaged = intact.clone();
        for (int i = 0; i < intact.length; i++) {
            damaged[i] ^= (byte) (1 << i % 8);
            Files.write(file(stored), damaged);
            assertThatThrownBy(() -> readAll(stored.id()))
                    .describedAs("byte %d", i)
                    .isInstanceOf(InvalidImageException.class);
            damaged[i] = intact[i];
        }
    }

    @Test
    void everyTruncationAndEveryAdditionIsRefused() throws IOException {
        StoredImage stored = put(store, Images.small(units), units, FACTS);
        byte[] intact = Files.readAllBytes(file(stored));
        for (int length = 0; length < intact.length; length++) {
            Files.write(file(stored), Arrays.copyOf(intact, length));
            assertThatThrownBy(() -> readAll(stored.id()))
                    .describedAs("%d bytes", length)
                    .isInstanceOf(InvalidImageException.class);
        }
        Files.write(file(stored), Arrays.copyOf(intact, intact.length + 1));
        assertThatThrownBy(() -> readAll(stored.id())).isInstanceOf(InvalidImageException.class);
    }

    private void readAll(String id) throws IOException {
        try (OpenImage opened = store.open(id)) {
            for (Unit unit : unitsOf(opened.image())) {
                opened.read(unit, ByteBuffer.allocate(unit.length()));
            }
        }
    }

    @Test
    void refusalsSayWhy() throws IOException {
        StoredImage stored = put(store, Images.small(units), units, FACTS);
        byte[] intact = Files.readAllBytes(file(stored));

        ImageStore stranger = ImageStore.open(directory.resolve("images"), key(2));
        assertThatThrownBy(() -> stranger.open(stored.id())).hasMessageContaining("not the key of the image");
        assertThat(stranger.list().images()).isEmpty();
        assertThat(stranger.list().refused())
                .singleElement()
                .satisfies(refused -> assertThat(refused.id()).isEqualTo(stored.id()));

        byte[] newer = intact.clone();
        newer[11] = 2;
        Files.write(file(stored), newer);
        assertThatThrownBy(() -> store.open(stored.id())).hasMessageContaining("format 2");

        Files.write(file(stored), "#!/bin/sh and much more text than that".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> store.open(stored.id())).hasMessageContaining("not an image");

        Files.write(file(stored), Arrays.copyOf(intact, intact.length - 1));
        assertThatThrownBy(() -> store.open(stored.id())).hasMessageContaining("cut off");

        Path misnamed = file(stored).resolveSibling("0".repeat(64) + ".image");
        Files.write(misnamed, intact);
        assertThatThrownBy(() -> store.open("0".repeat(64))).hasMessageContaining("another image");
    }

    @Test
    void nothingOfItCanBeReadInTheFile() throws IOException {
        StoredImage stored = put(store, Images.small(units), units, FACTS);
        String file = new String(Files.readAllBytes(file(stored)), StandardCharsets.ISO_8859_1);
        assertThat(file).doesNotContain("thumbnail", "libc", "/bin/python3", "thread-0");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file(stored))))
                .isEqualTo("rw-------");
    }

    @Test
    void unitsCannotChangePlacesWithinAnImage() throws IOException {
        Image small = Images.small(units);
        Image image = new Image(
                small.origin(),
                small.process(),
                List.of(units.region(0x10_0000, 4096, 1), units.region(0x40_0000, 4096, 2)),
                small.threads(),
                small.signalActions(),
                small.descriptors());
        StoredImage stored = put(store, image, units, FACTS);
        byte[] bytes = Files.readAllBytes(file(stored));
        byte[] swapped = bytes.clone();
        int unit = 4096 + SectionCipher.TAG_BYTES;
        System.arraycopy(bytes, FileHeader.SIZE, swapped, FileHeader.SIZE + unit, unit);
        System.arraycopy(bytes, FileHeader.SIZE + unit, swapped, FileHeader.SIZE, unit);
        Files.write(file(stored), swapped);
        assertThatThrownBy(() -> readAll(stored.id()))
                .isInstanceOf(InvalidImageException.class)
                .hasMessageContaining("unit 0");
    }

    @Test
    void onlyWhatHasItsUnitsAndFulfilsTheRulesCanBeCommitted() throws IOException {
        Image image = Images.small(units);
        try (ImageWriter writer = store.create()) {
            assertThatThrownBy(() -> writer.commit(image, FACTS))
                    .isInstanceOf(InvalidImageException.class)
                    .hasMessageContaining("a unit that is not there");
        }
        Image headless = new Image(image.origin(), image.process(), List.of(), List.of(), List.of(), List.of());
        try (ImageWriter writer = store.create()) {
            assertThatThrownBy(() -> writer.commit(headless, FACTS)).hasMessageContaining("0 threads");
        }
        assertThat(store.list().images()).isEmpty();
        try (Stream<Path> files = Files.list(directory.resolve("images"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void anOpenImageSurvivesItsRemoval() throws IOException {
        Image image = Images.small(units);
        StoredImage stored = put(store, image, units, FACTS);
        try (OpenImage opened = store.open(stored.id())) {
            store.remove(stored.id());
            Unit unit = unitsOf(image).getFirst();
            ByteBuffer bytes = ByteBuffer.allocateDirect(unit.length());
            opened.read(unit, bytes);
            assertThat(bytes.hasRemaining()).isFalse();
        }
    }

    @Test
    void travelsUnderAPassphraseAKeyOrNothing() throws IOException {
        Image image = Images.small(units);
        StoredImage stored = put(store, image, units, FACTS);
        ImageStore elsewhere = ImageStore.open(directory.resolve("elsewhere"), key(9));
        for (Protection by : List.of(
                Protection.passphrase("correct horse".toCharArray()), Protection.key(key(3)), Protection.none())) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.exportTo(stored.id(), out, by);
            StoredImage imported = elsewhere.importFrom(
                    new ByteArrayInputStream(out.toByteArray()), 1 << 20, by, facts -> Map.of("from", "elsewhere"));
            assertThat(imported.facts()).isEqualTo(Map.of("from", "elsewhere"));
            assertHolds(elsewhere, imported.id(), image);
            elsewhere.remove(imported.id());
        }
    }

    @Test
    void importsOnlyWhatIsIntactAndNotTooLarge() throws IOException {
        StoredImage stored = put(store, Images.small(units), units, FACTS);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.exportTo(stored.id(), out, Protection.none());
        byte[] exported = out.toByteArray();
        ImageStore elsewhere = ImageStore.open(directory.resolve("elsewhere"), key(9));
        UnaryOperator<Map<String, String>> same = UnaryOperator.identity();

        for (int at : new int[] {0, 30, 100, FileHeader.SIZE + 5, exported.length - 3}) {
            byte[] damaged = exported.clone();
            damaged[at] ^= 1;
            assertThatThrownBy(() ->
                            elsewhere.importFrom(new ByteArrayInputStream(damaged), 1 << 20, Protection.none(), same))
                    .isInstanceOf(InvalidImageException.class);
        }
        assertThatThrownBy(() -> elsewhere.importFrom(
                        new ByteArrayInputStream(exported), exported.length - 1, Protection.none(), same))
                .hasMessageContaining("more than");
        assertThatThrownBy(() ->
                        elsewhere.importFrom(new ByteArrayInputStream(exported), 1 << 20, Protection.key(key(3)), same))
                .hasMessageContaining("protected by nothing");
        try (Stream<Path> files = Files.list(directory.resolve("elsewhere"))) {
            assertThat(files).isEmpty();
        }
    }

    /** A node that imports a unit under a false digest would hand its bytes to whoever shares by that digest. */
    @Test
    void refusesUnitsThatAreNotWhatTheirDigestSays() throws IOException {
        Image image = Images.small(units);
        SecretKey key = SectionCipher.newKey();
        SectionCipher cipher = new SectionCipher(key);
        ByteArrayOutputStream sections = new ByteArrayOutputStream();
        List<Metadata.UnitEntry> table = unitsOf(image).stream()
                .map(unit -> new Metadata.UnitEntry(unit.digest(), unit.length()))
                .distinct()
                .toList();
        for (int i = 0; i < table.size(); i++) {
            byte[] sealed = new byte[table.get(i).length() + SectionCipher.TAG_BYTES];
            byte[] forged = new byte[table.get(i).length()];
            cipher.seal(SectionCipher.Kind.UNIT, i, new byte[0], forged, forged.length, sealed);
            sections.writeBytes(sealed);
        }
        SealedMetadata metadata = SealedMetadata.of(
                new Metadata.ImagePart(image, table), Metadata.FactsPart.of(FACTS), key, cipher, Protection.none());
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(metadata.header().encode());
        file.writeBytes(sections.toByteArray());
        file.writeBytes(metadata.image());
        file.writeBytes(metadata.facts());
        assertThatThrownBy(() -> store.importFrom(
                        new ByteArrayInputStream(file.toByteArray()),
                        1 << 20,
                        Protection.none(),
                        UnaryOperator.identity()))
                .isInstanceOf(InvalidImageException.class)
                .hasMessageContaining("forged");
        assertThat(store.list().images()).isEmpty();
    }

    private Path file(StoredImage image) {
        return directory.resolve("images").resolve(image.id() + ".image");
    }
}
