package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * The node's SQLite database. A change has reached the disk when {@link #write} returns. Changes that arrive while
 * another is being written to disk share the next flush, so that many callers together cost little more than one.
 * Thread-safe; callers may be virtual threads.
 */
public final class Database implements AutoCloseable {
    private static final int READERS = 4;

    private final Writer writer;
    private final BlockingQueue<Connection> readers;

    private Database(Writer writer, BlockingQueue<Connection> readers) {
        this.writer = writer;
        this.readers = readers;
    }

    /** What is done with a connection inside one transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Opens or makes the database and brings it to this software's schema.
     *
     * @throws StorageException if the file is damaged, of newer software, or cannot be used
     */
    static Database open(Path file, Migrations migrations) {
        List<Connection> opened = new ArrayList<>();
        try {
            Connection writing = connect(file, false);
            opened.add(writing);
            migrations.apply(writing);
            try (var statement = writing.createStatement()) {
                statement.executeUpdate("PRAGMA foreign_keys = ON");
            }
            BlockingQueue<Connection> readers = new ArrayBlockingQueue<>(READERS);
            for (int i = 0; i < READERS; i++) {
                Connection reader = connect(file, true);
                opened.add(reader);
                readers.add(reader);
            }
            return new Database(new Writer(writing), readers);
        } catch (SQLException | StorageException e) {
            opened.forEach(Database::closeQuietly);
            throw e instanceof SQLException sql
                    ? SqlErrors.translate("cannot open the database " + file, sql)
                    : new StorageException("cannot open the database " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs a change; all of it or, if {@code work} throws, nothing of it happens. Durable on return. Not interruptible:
     * a change that has been handed over is waited for, so that its caller knows the outcome.
     *
     * @throws StorageException if the disk is full or fails
     */
    public <T> T write(Work<T> work) {
        return writer.submit(work);
    }

    /**
     * Runs queries on one consistent state, which includes every change whose {@link #write} has returned.
     *
     * @throws StorageException if the disk fails
     */
    public <T> T read(Work<T> work) {
        Connection reader = takeReader();
        try {
            return inTransaction(reader, work);
        } catch (SQLException e) {
            throw SqlErrors.translate("cannot read the database", e);
        } finally {
            readers.add(reader);
        }
    }

    /** Finishes the changes handed over and closes the file. */
    @Override
    public void close() {
        writer.close();
        for (int i = 0; i < READERS; i++) {
            closeQuietly(takeReader());
        }
    }

    private static <T> T inTransaction(Connection reader, Work<T> work) throws SQLException {
        try (var statement = reader.createStatement()) {
            statement.executeUpdate("BEGIN");
            try {
                return work.run(reader);
            } finally {
                statement.executeUpdate("ROLLBACK");
            }
        }
    }

    /** Waits even when interrupted: readers are busy for well under a millisecond. */
    private Connection takeReader() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return readers.take();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static Connection connect(Path file, boolean readOnly) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setJournalSizeLimit(64 << 20);
        config.setBusyTimeout(10_000);
        config.enforceForeignKeys(true);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        if (readOnly) {
            try (var statement = connection.createStatement()) {
                statement.executeUpdate("PRAGMA query_only = ON");
            }
        }
        return connection;
    }

    static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LoggerFactory.getLogger(Database.class).warn("closing the database failed", e);
        }
    }
}
