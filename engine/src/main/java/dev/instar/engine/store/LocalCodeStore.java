package dev.instar.engine.store;

import dev.instar.engine.CodeStore;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.StorageException;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.deploy.TreeLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Code trees in a directory of the node, each in a subdirectory named after its digest, with the namespaces that have
 * stored it in the database. A tree appears under its name by one rename, after all of it has reached the disk.
 */
public final class LocalCodeStore implements CodeStore {
    /** How long a tree is kept that no version refers to: its deploy may still be on the way. */
    public static final Duration GRACE = Duration.ofMinutes(15);

    /** Begins the names of unfinished files and trees beside the trees; the next {@link #open} removes them. */
    public static final String DRAFT = "tmp-";

    private static final Logger LOG = LoggerFactory.getLogger(LocalCodeStore.class);

    private final Path directory;
    private final Database database;
    private final InstantSource clock;
    private final TreeLimits limits;

    /** Held while a tree gets or loses its name together with its rows, so that neither is there without the other. */
    private final ReentrantLock naming = new ReentrantLock();

    private LocalCodeStore(Path directory, Database database, InstantSource clock, TreeLimits limits) {
        this.directory = directory;
        this.database = database;
        this.clock = clock;
        this.limits = limits;
    }

    /** Opens the store with the default limits and removes what has no row in the database, drafts included. */
    static LocalCodeStore open(Path directory, Database database, InstantSource clock) {
        return open(directory, database, clock, TreeLimits.DEFAULT);
    }

    static LocalCodeStore open(Path directory, Database database, InstantSource clock, TreeLimits limits) {
        LocalCodeStore store = new LocalCodeStore(directory, database, clock, limits);
        store.removeUnknown();
        return store;
    }

    @Override
    public String store(String namespace, Format format, InputStream archive) throws IOException {
        database.read(connection -> {
            TenantStore.requireNamespace(connection, namespace);
            return true;
        });
        Path draft = makeDraft();
        try {
            Path packed = draft.resolve("archive");
            receive(archive, packed);
            Path unpacked = makePublicDirectory(draft.resolve("tree"));
            CodeArchive.Tree tree = CodeArchive.unpack(format, packed, unpacked, limits);
            keep(namespace, tree, unpacked);
            return tree.digest();
        } finally {
            discard(draft);
        }
    }

    @Override
    public boolean contains(String namespace, String digest) {
        return database.read(connection -> owns(connection, namespace, digest));
    }

    @Override
    public Path directory(String digest) {
        Path tree = directory.resolve(Digest.hex(digest));
        if (!Files.isDirectory(tree)) {
            throw new NotFoundException("there is no code " + digest + " on this node");
        }
        return tree;
    }

    /** Stored code of a namespace in bytes, as its disk quota counts it. */
    public long usedBytes(String namespace) {
        return database.read(connection -> usedBytes(connection, namespace));
    }

    /**
     * Removes trees that no kept version refers to and that were stored longer than {@link #GRACE} ago.
     *
     * @param inUse digests that instances still run on
     * @return how many were removed
     */
    public int collect(Set<String> inUse) {
        naming.lock();
        try {
            Instant before = clock.instant().minus(GRACE);
            List<String> garbage = database.write(connection -> release(connection, before, inUse));
            garbage.forEach(digest -> discard(directory.resolve(Digest.hex(digest))));
            return garbage.size();
        } finally {
            naming.unlock();
        }
    }

    private void keep(String namespace, CodeArchive.Tree tree, Path unpacked) {
        String digest = tree.digest();
        long bytes = tree.bytes();
        database.read(connection -> requireQuota(connection, namespace, digest, bytes));
        Path place = directory.resolve(Digest.hex(digest));
        // Flushed before the lock is taken: it may take long, and only the rename has to be seen in order.
        if (!Files.isDirectory(place)) {
            flush(unpacked);
        }
        naming.lock();
        try {
            boolean fresh = !Files.isDirectory(place);
            if (fresh) {
                DurableFiles.rename(unpacked, place);
            }
            own(namespace, digest, bytes, fresh ? place : null);
        } catch (IOException e) {
            throw new StorageException("code cannot be stored: " + e.getMessage(), e);
        } finally {
            naming.unlock();
        }
    }

    private void own(String namespace, String digest, long bytes, @Nullable Path fresh) {
        try {
            database.write(connection -> {
                TenantStore.requireNamespace(connection, namespace);
                requireQuota(connection, namespace, digest, bytes);
                Sql.update(connection, "INSERT OR IGNORE INTO trees VALUES (?, ?)", digest, bytes);
                return Sql.update(
                        connection,
                        "INSERT INTO tree_owners VALUES (?, ?, ?)"
                                + " ON CONFLICT DO UPDATE SET stored_at = excluded.stored_at",
                        namespace,
                        digest,
                        clock.instant());
            });
        } catch (RuntimeException e) {
            if (fresh != null) {
                discard(fresh);
            }
            throw e;
        }
    }

    private static boolean requireQuota(Connection connection, String namespace, String digest, long bytes)
            throws SQLException {
        long most = Sql.number(connection, "SELECT max_disk_bytes FROM namespaces WHERE name = ?", namespace);
        long used = usedBytes(connection, namespace);
        if (most > 0 && used + bytes > most && !owns(connection, namespace, digest)) {
            throw new QuotaExceededException("namespace " + namespace + " may store " + most + " bytes of code, has "
                    + used + " and this would add " + bytes + "; remove functions that are no longer needed");
        }
        return true;
    }

    private static List<String> release(Connection connection, Instant before, Set<String> inUse) throws SQLException {
        record Owned(String namespace, String tree) {}
        List<Owned> idle = Sql.list(
                connection,
                "SELECT o.namespace, o.tree FROM tree_owners o WHERE o.stored_at < ? AND NOT EXISTS (SELECT 1"
                        + " FROM version_trees v JOIN functions f ON f.id = v.function"
                        + " WHERE v.tree = o.tree AND f.namespace = o.namespace)",
                row -> new Owned(row.getString("namespace"), row.getString("tree")),
                before);
        for (Owned owned : idle) {
            if (!inUse.contains(owned.tree())) {
                Sql.update(
                        connection,
                        "DELETE FROM tree_owners WHERE namespace = ? AND tree = ?",
                        owned.namespace(),
                        owned.tree());
            }
        }
        Set<String> orphans = new HashSet<>(Sql.list(
                connection,
                "SELECT digest FROM trees WHERE digest NOT IN (SELECT tree FROM tree_owners)",
                row -> row.getString(1)));
        orphans.removeAll(inUse);
        for (String orphan : orphans) {
            Sql.update(connection, "DELETE FROM trees WHERE digest = ?", orphan);
        }
        return List.copyOf(orphans);
    }

    private static boolean owns(Connection connection, String namespace, String digest) throws SQLException {
        return Sql.exists(connection, "SELECT 1 FROM tree_owners WHERE namespace = ? AND tree = ?", namespace, digest);
    }

    private static long usedBytes(Connection connection, String namespace) throws SQLException {
        return Sql.number(
                connection,
                "SELECT sum(t.bytes) FROM tree_owners o JOIN trees t ON t.digest = o.tree WHERE o.namespace = ?",
                namespace);
    }

    private void receive(InputStream archive, Path file) throws IOException {
        long length = 0;
        byte[] buffer = new byte[1 << 16];
        try (OutputStream out = new GuardedOutputStream(file)) {
            for (int n = archive.read(buffer); n >= 0; n = archive.read(buffer)) {
                length += n;
                if (length > limits.archiveBytes()) {
                    throw new InvalidRequestException(
                            "the archive has more than " + (limits.archiveBytes() >> 20) + " MiB");
                }
                out.write(buffer, 0, n);
            }
        }
    }

    private Path makeDraft() {
        try {
            return Files.createDirectory(
                    directory.resolve(DRAFT + UUID.randomUUID()),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new StorageException("code cannot be stored: " + e.getMessage(), e);
        }
    }

    private static Path makePublicDirectory(Path path) {
        try {
            Files.createDirectory(path);
            return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new StorageException("code cannot be stored: " + e.getMessage(), e);
        }
    }

    private static void flush(Path tree) {
        try {
            DurableFiles.syncTree(tree);
        } catch (IOException e) {
            throw new StorageException("code cannot be stored: " + e.getMessage(), e);
        }
    }

    private void removeUnknown() {
        Set<String> known = new HashSet<>(
                database.read(connection -> Sql.list(connection, "SELECT digest FROM trees", row -> row.getString(1))));
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(entry -> !known.contains("sha256:" + entry.getFileName()))
                    .forEach(LocalCodeStore::discard);
        } catch (IOException e) {
            throw new StorageException("cannot read " + directory + ": " + e.getMessage(), e);
        }
    }

    /** What cannot be removed now is removed when the store is opened next. */
    private static void discard(Path path) {
        try {
            DurableFiles.deleteTree(path);
        } catch (IOException e) {
            LOG.warn("{} could not be removed", path, e);
        }
    }
}
