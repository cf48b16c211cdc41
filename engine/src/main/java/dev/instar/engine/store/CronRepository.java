package dev.instar.engine.store;

import dev.instar.engine.Call;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.deploy.Digest;
import dev.instar.engine.store.BodySpool.Body;
import dev.instar.runtime.HeaderField;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** When cron triggers have fired. A firing and its asynchronous call are one transaction. Thread-safe. */
public final class CronRepository {
    private final Database database;
    private final AsyncRepository async;

    CronRepository(Database database, AsyncRepository async) {
        this.database = database;
        this.async = async;
    }

    /** The time the trigger was last fired for, if it ever was. */
    public Optional<Instant> lastFired(FunctionName function, CronTrigger trigger) {
        return database.read(connection -> lastFired(connection, function, trigger));
    }

    /**
     * Queues a trigger's call, unless it has been fired for this time or a later one.
     *
     * @param due the scheduled time
     * @param callId id of the call to make
     * @return whether the call was queued
     * @throws NotFoundException if the function is not deployed
     */
    public boolean fire(FunctionName function, CronTrigger trigger, Instant due, String callId) {
        byte[] body = trigger.body().getBytes(StandardCharsets.UTF_8);
        Call call = new Call(
                callId,
                function,
                "POST",
                "/",
                "",
                List.of(new HeaderField("X-Topic", "cron-function")),
                "",
                InputStream.nullInputStream(),
                body.length);
        boolean fired = database.write(connection -> {
            Optional<Instant> last = lastFired(connection, function, trigger);
            if (last.isPresent() && !last.get().isBefore(due)) {
                return false;
            }
            long id = FunctionRepository.requireFunction(connection, function);
            Sql.update(connection, "INSERT OR REPLACE INTO cron_firings VALUES (?, ?, ?)", id, key(trigger), due);
            async.insert(connection, call, new Body(body, null, body.length), "");
            return true;
        });
        if (fired) {
            async.count(function, body.length);
        }
        return fired;
    }

    private static Optional<Instant> lastFired(Connection connection, FunctionName function, CronTrigger trigger)
            throws SQLException {
        return Sql.first(
                connection,
                "SELECT c.fired_at FROM cron_firings c JOIN functions f ON f.id = c.function"
                        + " WHERE f.namespace = ? AND f.name = ? AND c.trigger_digest = ?",
                row -> Sql.instant(row, "fired_at"),
                function.namespace(),
                function.name(),
                key(trigger));
    }

    private static String key(CronTrigger trigger) {
        return Digest.of((trigger.schedule() + '\0' + trigger.body()).getBytes(StandardCharsets.UTF_8));
    }
}
