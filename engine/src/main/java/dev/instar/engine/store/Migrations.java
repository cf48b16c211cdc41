package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Brings a database to the schema of this software. The scripts {@code 0001.sql}, {@code 0002.sql}, … of a resource
 * directory each make one step; a database knows in {@code user_version} how many it has had. Scripts are never changed
 * once released.
 */
final class Migrations {
    /** Marks a file as ours: "INST". */
    private static final int APPLICATION_ID = 0x494e5354;

    private final List<String> scripts;

    private Migrations(List<String> scripts) {
        this.scripts = scripts;
    }

    /** The scripts in a directory of resources beside this class. */
    static Migrations in(String directory) {
        List<String> scripts = new ArrayList<>();
        for (int version = 1; ; version++) {
            String name = String.format(Locale.ROOT, "%s/%04d.sql", directory, version);
            try (InputStream script = Migrations.class.getResourceAsStream(name)) {
                if (script == null) {
                    return new Migrations(List.copyOf(scripts));
                }
                scripts.add(new String(script.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The newest schema this software knows. */
    int newest() {
        return scripts.size();
    }

    /**
     * Applies the steps that are missing, each in a transaction of its own.
     *
     * @param connection in autocommit mode, used by nobody else
     * @throws StorageException if the database is of newer software or of another program
     */
    void apply(Connection connection) throws SQLException {
        int version = pragma(connection, "user_version");
        int application = pragma(connection, "application_id");
        if (application != APPLICATION_ID && (application != 0 || version != 0)) {
            throw new StorageException("the database is of another program (application id " + application + ")");
        }
        if (version > newest()) {
            throw new StorageException("the database has schema " + version + ", this software knows up to " + newest()
                    + "; use newer software, or restore a backup made before the upgrade");
        }
        for (int step = version; step < newest(); step++) {
            apply(connection, step);
        }
    }

    private void apply(Connection connection, int step) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // A step may rebuild a table that others refer to; this cannot be set inside a transaction.
            statement.executeUpdate("PRAGMA foreign_keys = OFF");
            statement.executeUpdate("BEGIN IMMEDIATE");
            try {
                statement.executeUpdate(scripts.get(step));
                statement.executeUpdate("PRAGMA application_id = " + APPLICATION_ID);
                statement.executeUpdate("PRAGMA user_version = " + (step + 1));
                statement.executeUpdate("COMMIT");
            } catch (SQLException e) {
                statement.executeUpdate("ROLLBACK");
                throw new SQLException("migration to schema " + (step + 1) + ": " + e.getMessage(), e);
            }
        }
    }

    private static int pragma(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
            return rows.getInt(1);
        }
    }
}
