package dev.instar.template.store;

import dev.instar.template.image.InvalidImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;

/**
 * A directory of images, one file each. A file either is complete or is not there, whenever the process or the machine
 * stops. Thread-safe; one store at a time for a directory.
 */
public final class ImageStore {
    static final String SUFFIX = ".image";
    private static final String PARTIAL = ".partial";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    private static final int COPY = 1 << 20;

    private final Path directory;
    private final Protection protection;

    private ImageStore(Path directory, Protection protection) {
        this.directory = directory;
        this.protection = protection;
    }

    /**
     * What a store has.
     *
     * @param refused files that cannot be read, which may be removed by their id
     */
    public record Listing(List<StoredImage> images, List<Refused> refused) {
        public Listing {
            images = List.copyOf(images);
            refused = List.copyOf(refused);
        }
    }

    /**
     * A file that is no image that can be used.
     *
     * @param id by the name of the file
     * @param reason for people
     */
    public record Refused(String id, String reason) {}

    /**
     * Opens a store, and removes what was being written when the last process that had it ended.
     *
     * @param directory made, for the owner only, if it does not exist
     * @param key which hides the images' own keys; AES, 256 bits
     */
    public static ImageStore open(Path directory, SecretKey key) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "*" + PARTIAL)) {
            for (Path partial : left) {
                Files.delete(partial);
            }
        }
        return new ImageStore(directory, Protection.key(key));
    }

    /** Starts an image. */
    public ImageWriter create() throws IOException {
        return new ImageWriter(directory, UUID.randomUUID() + PARTIAL, protection);
    }

    /** All images, by id. Reads little of each; whether the rest is intact shows when it is read. */
    public Listing list() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            found.forEach(files::add);
        }
        files.sort(null);
        List<StoredImage> images = new ArrayList<>();
        List<Refused> refused = new ArrayList<>();
        for (Path file : files) {
            String id = nameOf(file);
            try {
                StoredImage image = OpenImage.describe(file, protection);
                requireName(id, image.id());
                images.add(image);
            } catch (InvalidImageException e) {
                refused.add(new Refused(id, String.valueOf(e.getMessage())));
            } catch (NoSuchFileException removedMeanwhile) {
                // Then it is not to be listed.
            }
        }
        return new Listing(images, refused);
    }

    /**
     * Reads an image's metadata and makes its units readable.
     *
     * @throws NoSuchFileException if there is none of that id
     * @throws InvalidImageException if it is damaged, foreign, or breaks a rule
     */
    public OpenImage open(String id) throws IOException {
        OpenImage image = OpenImage.open(file(id), protection);
        try {
            requireName(id, image.id());
            return image;
        } catch (InvalidImageException e) {
            image.close();
            throw e;
        }
    }

    /** Removes an image; whoever has it open keeps it. */
    public boolean remove(String id) throws IOException {
        boolean removed = Files.deleteIfExists(file(id));
        forceDirectory(directory);
        return removed;
    }

    /**
     * Writes an image for elsewhere.
     *
     * @param out stays open
     * @param by who shall be able to read it
     */
    public void exportTo(String id, OutputStream out, Protection by) throws IOException {
        try (OpenImage image = open(id)) {
            ImageExport.write(image, out, by);
        }
    }

    /**
     * Takes over an image from elsewhere: checks every byte of it, against the units' digests too, and keeps it under
     * this store's key.
     *
     * @param in read to its end and left open
     * @param most refuses images of more bytes than this
     * @param by how it is protected
     * @param facts changes what it brings along to what is kept
     * @throws InvalidImageException if it is damaged, cannot be read with what was given, or breaks a rule
     */
    public StoredImage importFrom(InputStream in, long most, Protection by, UnaryOperator<Map<String, String>> facts)
            throws IOException {
        Path copy = directory.resolve(UUID.randomUUID() + PARTIAL);
        try {
            copy(in, copy, most);
            try (OpenImage image = OpenImage.open(copy, by);
                    ImageWriter writer = create()) {
                for (Metadata.UnitEntry unit : image.units()) {
                    ByteBuffer bytes = ByteBuffer.allocate(unit.length());
                    image.readUnit(unit.digest(), unit.length(), bytes);
                    if (!writer.accept(0, bytes.flip()).equals(unit.digest())) {
                        throw new InvalidImageException("the image is forged: a unit is not what its digest says");
                    }
                }
                return writer.commit(image.image(), facts.apply(image.facts()));
            }
        } finally {
            Files.deleteIfExists(copy);
        }
    }

    private static void copy(InputStream in, Path to, long most) throws IOException {
        try (OutputStream out = Files.newOutputStream(to, StandardOpenOption.CREATE_NEW)) {
            byte[] buffer = new byte[COPY];
            long left = most;
            int count = in.read(buffer);
            while (count >= 0) {
                left -= count;
                if (left < 0) {
                    throw new InvalidImageException("the image has more than " + most + " bytes");
                }
                out.write(buffer, 0, count);
                count = in.read(buffer);
            }
        }
    }

    private Path file(String id) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("not the id of an image: " + id);
        }
        return directory.resolve(id + SUFFIX);
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SUFFIX.length());
    }

    private static void requireName(String expected, String id) throws InvalidImageException {
        if (!expected.equals(id)) {
            throw new InvalidImageException("the file holds another image: " + id);
        }
    }

    static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
