package dev.instar.engine.store;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.deploy.TreeLimits;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Makes a data directory from an archive of {@link Backup}: checked as a whole first, then put in place at once. */
public final class Restore {
    private static final Pattern NAMES = Pattern.compile(
            "instar\\.db|master\\.key|admin-password|manifest\\.json|async/[0-9a-f-]{36}|code/[0-9a-f]{64}\\.tar\\.gz");

    /** The trees were within their limits when they came; packed anew they may be more tightly compressed. */
    private static final TreeLimits TREE_LIMITS =
            new TreeLimits(Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE);

    private final Path staging;
    private final Map<String, String> digests = new TreeMap<>();

    private Restore(Path staging) {
        this.staging = staging;
    }

    /**
     * @param dataDirectory must not exist, or be empty
     * @throws InvalidRequestException if it is not empty, or the archive is incomplete, damaged or of newer software
     * @throws StorageException if something cannot be written; nothing is left of it then
     */
    public static void read(Path archive, Path dataDirectory) {
        Path target = dataDirectory.toAbsolutePath().normalize();
        try {
            requireEmpty(target);
            Path staging = target.resolveSibling(target.getFileName() + ".restore-" + UUID.randomUUID());
            try {
                Files.createDirectories(
                        staging, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                new Restore(staging).run(archive);
                DurableFiles.syncTree(staging);
                Files.deleteIfExists(target);
                DurableFiles.rename(staging, target);
            } finally {
                DurableFiles.deleteTree(staging);
            }
        } catch (DirectoryNotEmptyException _) {
            throw notEmpty(target);
        } catch (IOException e) {
            throw new StorageException("the backup could not be restored: " + e, e);
        }
    }

    private void run(Path archive) throws IOException {
        Files.createDirectory(staging.resolve(DataDirectory.CODE));
        Files.createDirectory(staging.resolve(DataDirectory.BODIES));
        extract(archive);
        requireManifest();
        unpackTrees();
        try (Store store = Store.open(staging, InstantSource.system())) {
            requireComplete(store);
        } catch (StorageException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private void extract(Path archive) throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16)) {
            extract(file);
        }
    }

    private void extract(InputStream file) throws IOException {
        try (InputStream plain = new GZIPInputStream(file, 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(plain, "UTF-8")) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName();
                if (!NAMES.matcher(name).matches() || !entry.isFile() || digests.containsKey(name)) {
                    throw damaged("unexpected entry " + name);
                }
                digests.put(name, extract(tar, staging.resolve(name)));
            }
            plain.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // Trouble with writing is a StorageException here, so this is the archive's.
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private static String extract(InputStream content, Path target) throws IOException {
        MessageDigest hash = Digest.sha256();
        byte[] buffer = new byte[1 << 16];
        try (OutputStream out = new GuardedOutputStream(target)) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                hash.update(buffer, 0, n);
                out.write(buffer, 0, n);
            }
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
        return Digest.of(hash);
    }

    private void requireManifest() throws IOException {
        digests.remove(Backup.MANIFEST);
        Path file = staging.resolve(Backup.MANIFEST);
        if (!Files.exists(file)) {
            throw damaged("its end is missing");
        }
        try {
            var manifest = new JsonMapper().readTree(Files.readAllBytes(file));
            if (manifest.path("format").asInt(0) != 1) {
                throw damaged("it was made by newer software");
            }
            Map<String, String> expected = new TreeMap<>();
            manifest.path("files")
                    .properties()
                    .forEach(entry ->
                            expected.put(entry.getKey(), entry.getValue().asString("")));
            if (!expected.equals(digests)) {
                throw damaged("its contents are not those that were written");
            }
        } catch (JacksonException e) {
            throw damaged("its manifest cannot be read: " + e.getOriginalMessage());
        }
        Files.delete(file);
    }

    private void unpackTrees() throws IOException {
        Path code = staging.resolve(DataDirectory.CODE);
        List<Path> packed;
        try (Stream<Path> files = Files.list(code)) {
            packed = files.toList();
        }
        for (Path file : packed) {
            String hex = String.valueOf(file.getFileName()).substring(0, 64);
            Path tree = Files.createDirectory(code.resolve(hex));
            Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("rwxr-xr-x"));
            CodeArchive.Tree unpacked = CodeArchive.unpack(Format.TAR_GZ, file, tree, TREE_LIMITS);
            if (!unpacked.digest().equals(Digest.ofHex(hex))) {
                throw damaged("the code " + hex + " has been changed");
            }
            Files.delete(file);
        }
    }

    private void requireComplete(Store store) {
        String verdict = store.database()
                .read(connection -> Sql.first(connection, "PRAGMA integrity_check", row -> row.getString(1))
                        .orElse(""));
        if (!verdict.equals("ok")) {
            throw damaged("its database is damaged: " + verdict);
        }
        List<String> trees = store.database()
                .read(connection -> Sql.list(connection, "SELECT digest FROM trees", row -> row.getString(1)));
        trees.forEach(tree -> {
            if (!Files.isDirectory(staging.resolve(DataDirectory.CODE).resolve(Digest.hex(tree)))) {
                throw damaged("the code " + tree + " is missing");
            }
        });
    }

    private static void requireEmpty(Path target) throws IOException {
        if (Files.exists(target)) {
            try (Stream<Path> entries = Files.list(target)) {
                if (entries.findAny().isPresent()) {
                    throw notEmpty(target);
                }
            }
        }
    }

    private static InvalidRequestException notEmpty(Path target) {
        return new InvalidRequestException(target + " is not empty; restore into a new directory");
    }

    private static InvalidRequestException damaged(String problem) {
        return new InvalidRequestException("not a usable backup: " + problem);
    }
}
