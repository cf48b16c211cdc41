package dev.instar.template.store;

import dev.instar.template.image.Image;
import dev.instar.template.image.ImageRules;
import dev.instar.template.image.InvalidImageException;
import dev.instar.template.image.Region;
import dev.instar.template.image.UnitSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.AEADBadTagException;

/**
 * An image read back: its metadata decrypted and checked by {@link ImageRules}, its units read when asked for. Stays
 * readable when it is removed from the store meanwhile. Thread-safe; readers wait for each other.
 */
public final class OpenImage implements UnitSource, AutoCloseable {
    private final FileChannel file;
    private final FileHeader header;
    private final SectionCipher cipher;
    private final Metadata.ImagePart part;
    private final Map<String, String> facts;
    private final Map<String, Place> places;
    private final byte[] sealed;
    private final byte[] plain;

    private OpenImage(
            FileChannel file,
            FileHeader header,
            SectionCipher cipher,
            Metadata.ImagePart part,
            Map<String, String> facts,
            Map<String, Place> places) {
        this.file = file;
        this.header = header;
        this.cipher = cipher;
        this.part = part;
        this.facts = Map.copyOf(facts);
        this.places = places;
        int longest =
                part.units().stream().mapToInt(Metadata.UnitEntry::length).max().orElse(0);
        this.sealed = new byte[longest + SectionCipher.TAG_BYTES];
        this.plain = new byte[longest];
    }

    /** Where a unit is in the file. */
    private record Place(int index, int length, long offset) {}

    /**
     * Opens a file.
     *
     * @throws InvalidImageException if it is not an image that can be read with this
     */
    static OpenImage open(Path path, Protection protection) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        try {
            FileHeader header = header(file);
            SectionCipher cipher = new SectionCipher(protection.unwrap(header));
            Metadata.FactsPart facts = facts(file, header, cipher);
            Metadata.ImagePart part = image(file, header, cipher);
            ImageRules.check(part.image());
            Map<String, Place> places = places(part, header, file.size());
            requireId(header, part, facts);
            return new OpenImage(file, header, cipher, part, facts.toMap(), places);
        } catch (IOException | RuntimeException failed) {
            file.close();
            throw failed;
        }
    }

    /** Reads only what an image is called and what was noted about it. */
    static StoredImage describe(Path path, Protection protection) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            FileHeader header = header(file);
            SectionCipher cipher = new SectionCipher(protection.unwrap(header));
            return new StoredImage(header.id(), facts(file, header, cipher).toMap(), file.size());
        }
    }

    private static FileHeader header(FileChannel file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(FileHeader.SIZE);
        readUpTo(file, 0, bytes);
        return FileHeader.decode(bytes.flip());
    }

    private static Metadata.FactsPart facts(FileChannel file, FileHeader header, SectionCipher cipher)
            throws IOException {
        int length = header.factsLength() + SectionCipher.TAG_BYTES;
        byte[] plain =
                metadata(file, file.size() - length, length, header, cipher, SectionCipher.Kind.FACTS, "list of facts");
        return RecordCodec.decode(plain, Metadata.FactsPart.class);
    }

    private static Metadata.ImagePart image(FileChannel file, FileHeader header, SectionCipher cipher)
            throws IOException {
        int length = header.imageLength() + SectionCipher.TAG_BYTES;
        long end = file.size() - header.factsLength() - SectionCipher.TAG_BYTES;
        byte[] plain = metadata(file, end - length, length, header, cipher, SectionCipher.Kind.IMAGE, "description");
        return RecordCodec.decode(plain, Metadata.ImagePart.class);
    }

    private static byte[] metadata(
            FileChannel file,
            long offset,
            int length,
            FileHeader header,
            SectionCipher cipher,
            SectionCipher.Kind kind,
            String what)
            throws IOException {
        if (offset < FileHeader.SIZE) {
            throw new InvalidImageException("the image is cut off");
        }
        byte[] sealed = new byte[length];
        readFully(file, offset, ByteBuffer.wrap(sealed));
        byte[] plain = new byte[length - SectionCipher.TAG_BYTES];
        try {
            cipher.open(kind, 0, header.encode(), sealed, length, plain);
            return plain;
        } catch (AEADBadTagException e) {
            throw new InvalidImageException(
                    "the image is damaged or cut off: its " + what + " does not fit its seal", e);
        }
    }

    private static Map<String, Place> places(Metadata.ImagePart part, FileHeader header, long size)
            throws InvalidImageException {
        Map<String, Place> places = new HashMap<>();
        long offset = FileHeader.SIZE;
        for (Metadata.UnitEntry unit : part.units()) {
            if (unit.length() <= 0
                    || unit.length() > ImageWriter.MOST_UNIT
                    || places.put(unit.digest(), new Place(places.size(), unit.length(), offset)) != null) {
                throw new InvalidImageException("the image's table of units is damaged");
            }
            offset += unit.length() + SectionCipher.TAG_BYTES;
        }
        long metadata = header.imageLength() + header.factsLength() + 2L * SectionCipher.TAG_BYTES;
        if (part.units().size() != header.units() || offset + metadata != size) {
            throw new InvalidImageException("the image is damaged: it has " + size + " bytes and "
                    + part.units().size() + " units, and should have " + (offset + metadata) + " and "
                    + header.units());
        }
        for (Region region : part.image().regions()) {
            if (region instanceof Region.Content content) {
                for (Region.Unit unit : content.units()) {
                    Place place = places.get(unit.digest());
                    if (place == null || place.length() != unit.length()) {
                        throw new InvalidImageException(
                                "the image names a unit that is not there, at " + Long.toHexString(unit.start()));
                    }
                }
            }
        }
        return places;
    }

    private static void requireId(FileHeader header, Metadata.ImagePart part, Metadata.FactsPart facts)
            throws InvalidImageException {
        if (!Metadata.id(part.image(), facts).equals(header.id())) {
            throw new InvalidImageException("the image is not the one it says it is");
        }
    }

    /** What names it. */
    public String id() {
        return header.id();
    }

    /** What was captured. */
    public Image image() {
        return part.image();
    }

    /** What was noted about it. */
    public Map<String, String> facts() {
        return facts;
    }

    /** The units that the file has, in order. */
    List<Metadata.UnitEntry> units() {
        return part.units();
    }

    /**
     * {@inheritDoc} The digest was computed when the unit was written; what is checked here is the seal, which binds
     * the bytes to the place in the table that has the digest.
     *
     * @throws InvalidImageException if the unit is damaged, or not of this image
     */
    @Override
    public void read(Region.Unit unit, ByteBuffer into) throws IOException {
        readUnit(unit.digest(), unit.length(), into);
    }

    synchronized void readUnit(String digest, int length, ByteBuffer into) throws IOException {
        Place place = places.get(digest);
        if (place == null || place.length() != length) {
            throw new InvalidImageException("the image has no unit " + digest + " of " + length + " bytes");
        }
        int count = length + SectionCipher.TAG_BYTES;
        readFully(file, place.offset(), ByteBuffer.wrap(sealed, 0, count));
        try {
            cipher.open(SectionCipher.Kind.UNIT, place.index(), new byte[0], sealed, count, plain);
        } catch (AEADBadTagException e) {
            throw new InvalidImageException(
                    "the image is damaged: unit " + place.index() + " does not fit its seal", e);
        }
        into.put(plain, 0, length);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private static void readFully(FileChannel file, long offset, ByteBuffer into) throws IOException {
        readUpTo(file, offset, into);
        if (into.hasRemaining()) {
            throw new InvalidImageException("the image is cut off");
        }
    }

    private static void readUpTo(FileChannel file, long offset, ByteBuffer into) throws IOException {
        long at = offset;
        int count = 0;
        while (into.hasRemaining() && count >= 0) {
            count = file.read(into, at);
            at += Math.max(count, 0);
        }
    }
}
