package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.stream.Stream;
import javax.crypto.SecretKey;

/**
 * All that a node has on disk, opened together. One process has a data directory at a time. Thread-safe.
 *
 * @param adminPassword the password of the user {@code admin}
 */
public record Store(
        DataDirectory directory,
        Database database,
        FunctionRepository functions,
        AsyncRepository async,
        CronRepository cron,
        TenantStore tenants,
        SecretStore secrets,
        AuditStore audit,
        LocalCodeStore code,
        AdminPassword adminPassword)
        implements AutoCloseable {
    /**
     * Opens a data directory, making what is missing and clearing away what a killed process has left half done.
     *
     * @throws StorageException saying what is wrong with the directory and what to do about it
     */
    public static Store open(Path dataDirectory, InstantSource clock) {
        return open(dataDirectory, clock, AsyncLimits.DEFAULT);
    }

    /**
     * Opens a data directory with other than the default bounds for the asynchronous queue.
     *
     * @throws StorageException saying what is wrong with the directory and what to do about it
     */
    public static Store open(Path dataDirectory, InstantSource clock, AsyncLimits limits) {
        DataDirectory directory = DataDirectory.open(dataDirectory);
        try {
            useTemporaryFilesOf(directory);
            Database database = Database.open(directory.database(), Migrations.in("schema"));
            try {
                return assemble(directory, database, clock, limits);
            } catch (RuntimeException e) {
                database.close();
                throw e;
            }
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** What images of templates are encrypted with. */
    public SecretKey imageKey() {
        return secrets.keyFor("images");
    }

    /** Finishes the changes handed over, then closes the database and gives the directory back. */
    @Override
    public void close() {
        database.close();
        directory.close();
    }

    private static Store assemble(DataDirectory directory, Database database, InstantSource clock, AsyncLimits limits) {
        BodySpool bodies = new BodySpool(directory.bodies(), limits.bodyBytes());
        AsyncRepository async = new AsyncRepository(database, bodies, limits, clock);
        AdminPassword password = AdminPassword.open(directory.adminPassword());
        return new Store(
                directory,
                database,
                new FunctionRepository(database, clock),
                async,
                new CronRepository(database, async),
                new TenantStore(database, async, password, clock),
                SecretStore.open(database, directory.masterKey()),
                new AuditStore(database, clock),
                LocalCodeStore.open(directory.code(), database, clock),
                password);
    }

    /**
     * SQLite's driver unpacks its native library at every start. In the system's temporary directory a killed node
     * would leave one behind each time; here they are cleared away by the next.
     */
    private static void useTemporaryFilesOf(DataDirectory directory) {
        Path temporary = directory.temporary();
        try (Stream<Path> left = Files.list(temporary)) {
            for (Path file : left.toList()) {
                DurableFiles.deleteTree(file);
            }
        } catch (IOException e) {
            throw new StorageException("cannot clear " + temporary + ": " + e, e);
        }
        System.setProperty("org.sqlite.tmpdir", temporary.toString());
    }
}
