package dev.instar.engine.store;

import dev.instar.engine.Call;
import dev.instar.engine.FunctionName;
import dev.instar.engine.store.BodySpool.Body;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of the table of queued calls. */
final class AsyncRows {
    /** The columns of {@link #queuedCall}; all but the body, which may be long. */
    static final String CALL = "id, namespace, function, method, path, query, headers, remote_address, body_length,"
            + " callback_url, attempts, accepted_at";

    private AsyncRows() {}

    /** What is to be cleared away after a call has left the database. */
    record Removed(@Nullable String bodyFile, long bodyLength) {}

    static int insert(Connection connection, Call call, Body body, String callbackUrl, Instant now)
            throws SQLException {
        return Sql.update(
                connection,
                "INSERT INTO async_calls (id, namespace, function, method, path, query, headers, remote_address, body,"
                        + " body_file, body_length, callback_url, accepted_at, state, due_at, attempts, reason,"
                        + " failed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, 0, '', 0)",
                call.id(),
                call.function().namespace(),
                call.function().name(),
                call.method(),
                call.path(),
                call.query(),
                ColumnJson.writeHeaders(call.headers()),
                call.remoteAddress(),
                body.bytes(),
                body.file(),
                body.length(),
                callbackUrl,
                now,
                now);
    }

    /** The bodies of all calls of a namespace. */
    static List<Removed> bodiesOf(Connection connection, String namespace) throws SQLException {
        return Sql.list(
                connection,
                "SELECT body_file, body_length FROM async_calls WHERE namespace = ?",
                AsyncRows::removed,
                namespace);
    }

    static Removed removed(ResultSet row) throws SQLException {
        return new Removed(row.getString("body_file"), row.getLong("body_length"));
    }

    static FunctionName function(ResultSet row) throws SQLException {
        return new FunctionName(row.getString("namespace"), row.getString("function"));
    }

    static QueuedCall queuedCall(ResultSet row) throws SQLException {
        return new QueuedCall(
                row.getString("id"),
                function(row),
                row.getString("method"),
                row.getString("path"),
                row.getString("query"),
                ColumnJson.readHeaders(row.getString("headers")),
                row.getString("remote_address"),
                row.getLong("body_length"),
                row.getString("callback_url"),
                row.getInt("attempts"),
                Sql.instant(row, "accepted_at"));
    }
}
