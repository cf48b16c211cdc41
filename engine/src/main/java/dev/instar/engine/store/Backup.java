package dev.instar.engine.store;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.deploy.SourceArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a node's data directory into one archive, whether the node is running or not: database, master key, admin
 * password, code and queued bodies. Whoever has the archive has the secrets; its mode is 0600.
 *
 * <p>The archive is a tar.gz. Each code tree is a tar.gz of its own in it. The last entry lists the SHA-256 of every
 * other one, so that a cut-off or changed archive is noticed.
 */
public final class Backup {
    /** Name of the last entry. */
    static final String MANIFEST = "manifest.json";

    private static final int ATTEMPTS = 5;

    private final Path data;
    private final Path staging;

    private Backup(Path data, Path staging) {
        this.data = data;
        this.staging = staging;
    }

    /**
     * @param dataDirectory the node's data directory
     * @param archive where to write; must not exist
     * @throws InvalidRequestException if there is no node's data, or the archive exists
     * @throws StorageException if something cannot be read or written; nothing is left of the archive then
     */
    public static void write(Path dataDirectory, Path archive) {
        if (!Files.isRegularFile(dataDirectory.resolve(DataDirectory.DATABASE))) {
            throw new InvalidRequestException(dataDirectory + " is not the data directory of a node");
        }
        if (Files.exists(archive)) {
            throw new InvalidRequestException(archive + " exists already; choose another name");
        }
        Path staging = archive.toAbsolutePath().resolveSibling(archive.getFileName() + "." + UUID.randomUUID());
        try {
            Files.createDirectory(
                    staging, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            try {
                new Backup(dataDirectory, staging).run(archive.toAbsolutePath());
            } finally {
                DurableFiles.deleteTree(staging);
            }
        } catch (IOException e) {
            throw new StorageException("the backup could not be written: " + e, e);
        } catch (SQLException e) {
            throw SqlErrors.translate("the backup could not be written", e);
        }
    }

    private void run(Path archive) throws IOException, SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                Path draft = staging.resolve("archive");
                Files.deleteIfExists(draft);
                snapshot();
                pack(draft);
                DurableFiles.rename(draft, archive);
                return;
            } catch (NoSuchFileException e) {
                // Code that the snapshot still names has been collected meanwhile: a later snapshot does not name it.
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** A consistent copy of the database, made by SQLite while others read and write it. */
    private void snapshot() throws IOException, SQLException {
        Path copy = staging.resolve(DataDirectory.DATABASE);
        Files.deleteIfExists(copy);
        try (Connection connection = Database.connect(data.resolve(DataDirectory.DATABASE), false)) {
            Sql.update(connection, "VACUUM INTO ?", copy.toString());
        }
    }

    private void pack(Path draft) throws IOException, SQLException {
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.createFile(draft, mode);
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(
                        new GZIPOutputStream(Channels.newOutputStream(channel), 1 << 16), "UTF-8")) {
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            Map<String, String> digests = new TreeMap<>();
            packParts(tar, digests);
            byte[] manifest = new JsonMapper().writeValueAsBytes(Map.of("format", 1, "files", digests));
            Path file = staging.resolve(MANIFEST);
            Files.write(file, manifest);
            add(tar, MANIFEST, file);
            tar.finish();
            tar.flush();
        }
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private void packParts(TarArchiveOutputStream tar, Map<String, String> digests) throws IOException, SQLException {
        Path database = staging.resolve(DataDirectory.DATABASE);
        List<String> trees;
        try (Connection connection = Database.connect(database, false)) {
            trees = Sql.list(connection, "SELECT digest FROM trees ORDER BY digest", row -> row.getString(1));
            for (String body : bodies(connection)) {
                Path file = data.resolve(DataDirectory.BODIES).resolve(body);
                if (Files.exists(file)) {
                    digests.put(DataDirectory.BODIES + "/" + body, add(tar, DataDirectory.BODIES + "/" + body, file));
                } else {
                    // Finished since the snapshot was made.
                    Sql.update(connection, "DELETE FROM async_calls WHERE body_file = ?", body);
                }
            }
        }
        digests.put(DataDirectory.DATABASE, add(tar, DataDirectory.DATABASE, database));
        for (String name : List.of(DataDirectory.MASTER_KEY, DataDirectory.ADMIN_PASSWORD)) {
            digests.put(name, add(tar, name, data.resolve(name)));
        }
        for (String tree : trees) {
            String name = DataDirectory.CODE + "/" + Digest.hex(tree) + ".tar.gz";
            digests.put(
                    name,
                    add(tar, name, packTree(data.resolve(DataDirectory.CODE).resolve(Digest.hex(tree)))));
        }
    }

    private static List<String> bodies(Connection connection) throws SQLException {
        return Sql.list(
                connection, "SELECT body_file FROM async_calls WHERE body_file IS NOT NULL", row -> row.getString(1));
    }

    private Path packTree(Path tree) throws IOException {
        Path packed = staging.resolve("tree.tar.gz");
        try (OutputStream out = Files.newOutputStream(packed)) {
            SourceArchive.packAll(tree, out);
        }
        return packed;
    }

    /** @return the content's SHA-256 as it was written */
    private static String add(TarArchiveOutputStream tar, String name, Path file) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(Files.size(file));
        entry.setMode(0100600);
        tar.putArchiveEntry(entry);
        DigestOutputStream hashing = new DigestOutputStream(OutputStream.nullOutputStream(), Digest.sha256());
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                tar.write(buffer, 0, n);
                hashing.write(buffer, 0, n);
            }
        }
        tar.closeArchiveEntry();
        return Digest.of(hashing.getMessageDigest());
    }
}
