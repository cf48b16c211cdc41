package dev.instar.template.store;

import dev.instar.template.image.Image;
import dev.instar.template.image.ImageRules;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.Region;
import dev.instar.template.image.UnitSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.SecretKey;

/**
 * Takes an image's units as they are captured, encrypts them and writes them down; equal ones once. The image exists
 * from {@link #commit} on, and not at all if this is closed before. For one thread.
 */
public final class ImageWriter implements UnitSink, AutoCloseable {
    /** In bytes. */
    static final int MOST_UNIT = 2 << 20;

    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final Path partial;
    private final Protection protection;
    private final FileChannel file;
    private final SecretKey key = SectionCipher.newKey();
    private final SectionCipher cipher = new SectionCipher(key);
    private final MessageDigest digest = Metadata.sha256();
    private final List<Metadata.UnitEntry> units = new ArrayList<>();
    private final Map<String, Integer> lengths = new HashMap<>();
    private final byte[] plain = new byte[MOST_UNIT];
    private final byte[] sealed = new byte[MOST_UNIT + SectionCipher.TAG_BYTES];

    ImageWriter(Path directory, String partialName, Protection protection) throws IOException {
        this.directory = directory;
        this.partial = directory.resolve(partialName);
        this.protection = protection;
        this.file = FileChannel.open(partial, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE);
        try {
            // The header follows when everything it speaks of is there.
            file.position(FileHeader.SIZE);
        } catch (IOException failed) {
            close();
            throw failed;
        }
    }

    /** @throws IllegalArgumentException if the unit is empty or longer than 2 MiB */
    @Override
    public String accept(long start, ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        if (length == 0 || length > MOST_UNIT) {
            throw new IllegalArgumentException("a unit of " + length + " bytes");
        }
        bytes.get(plain, 0, length);
        digest.update(plain, 0, length);
        String name = HexFormat.of().formatHex(digest.digest());
        if (lengths.putIfAbsent(name, length) == null) {
            int count = cipher.seal(SectionCipher.Kind.UNIT, units.size(), new byte[0], plain, length, sealed);
            units.add(new Metadata.UnitEntry(name, length));
            write(ByteBuffer.wrap(sealed, 0, count));
        }
        return name;
    }

    /**
     * Completes the image; when this returns, it survives the end of the process and of the machine.
     *
     * @param facts whatever is to be known of the image without opening it; encrypted like the rest
     * @throws InvalidImageException if the image breaks a rule, or names units that were not given
     */
    public StoredImage commit(Image image, Map<String, String> facts) throws IOException {
        ImageRules.check(image);
        requireUnits(image);
        SealedMetadata metadata = SealedMetadata.of(
                new Metadata.ImagePart(image, units), Metadata.FactsPart.of(facts), key, cipher, protection);
        write(ByteBuffer.wrap(metadata.image()));
        write(ByteBuffer.wrap(metadata.facts()));
        long size = file.position();
        file.position(0);
        write(ByteBuffer.wrap(metadata.header().encode()));
        file.force(true);
        file.close();
        String id = metadata.header().id();
        Files.move(partial, directory.resolve(id + ImageStore.SUFFIX), StandardCopyOption.ATOMIC_MOVE);
        ImageStore.forceDirectory(directory);
        return new StoredImage(id, facts, size);
    }

    private void requireUnits(Image image) throws InvalidImageException {
        for (Region region : image.regions()) {
            if (region instanceof Region.Content content) {
                for (Region.Unit unit : content.units()) {
                    Integer length = lengths.get(unit.digest());
                    if (length == null || length != unit.length()) {
                        throw new InvalidImageException(
                                "the image names a unit that is not there, at " + Long.toHexString(unit.start()));
                    }
                }
            }
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /** Gives up what has not been committed. */
    @Override
    public void close() throws IOException {
        file.close();
        Files.deleteIfExists(partial);
    }
}
