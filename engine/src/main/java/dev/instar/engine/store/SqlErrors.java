package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import java.sql.SQLException;
import org.sqlite.SQLiteException;

/** What an SQLite error means to the person who runs the node. */
final class SqlErrors {
    private SqlErrors() {}

    /**
     * @param what what could not be done
     * @return a {@link StorageException} where file or disk are at fault, otherwise a programming error
     */
    static RuntimeException translate(String what, SQLException e) {
        return switch (primaryCode(e)) {
            case 13 -> new StorageException(what + ": the disk is full; make room and try again", e);
            case 10 -> new StorageException(what + ": the disk failed: " + e.getMessage(), e);
            case 11, 26 ->
                new StorageException(what + ": the file is damaged; restore a backup with instar restore", e);
            case 8, 3, 14, 23 -> new StorageException(what + ": no permission to use the file: " + e.getMessage(), e);
            case 5, 6 ->
                new StorageException(what + ": another program holds it locked; end that program and try again", e);
            default -> new IllegalStateException(what + ": " + e.getMessage(), e);
        };
    }

    /** Whether the error is a uniqueness or foreign-key violation. */
    static boolean isConstraint(SQLException e) {
        return primaryCode(e) == 19;
    }

    /** SQLite's result code without its extension, such as 13 for SQLITE_FULL; 1 if there is none. */
    private static int primaryCode(SQLException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLiteException sqlite) {
                return sqlite.getResultCode().code & 0xff;
            }
        }
        return 1;
    }
}
