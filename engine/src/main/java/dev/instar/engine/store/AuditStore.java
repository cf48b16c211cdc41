package dev.instar.engine.store;

import dev.instar.engine.AuditLog;
import dev.instar.engine.Principal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The audit log in the database, bounded by age and number of entries. */
public final class AuditStore implements AuditLog {
    /** Entries kept at the most. */
    public static final long MOST_ENTRIES = 100_000;

    /** How long an entry is kept at the most. */
    public static final Duration LONGEST_AGE = Duration.ofDays(365);

    private static final int PRUNE_EVERY = 1_000;
    private static final int LONGEST_TEXT = 2_000;

    private final Database database;
    private final InstantSource clock;
    private final AtomicLong recorded = new AtomicLong();

    AuditStore(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        prune(MOST_ENTRIES);
    }

    @Override
    public void record(Principal who, String action, String target, String outcome) {
        String name = who.namespace().isEmpty() ? who.name() : who.name() + "@" + who.namespace();
        database.write(connection -> Sql.update(
                connection,
                "INSERT INTO audit (at, who, action, target, outcome) VALUES (?, ?, ?, ?, ?)",
                clock.instant(),
                shortened(name),
                shortened(action),
                shortened(target),
                shortened(outcome)));
        if (recorded.incrementAndGet() % PRUNE_EVERY == 0) {
            prune(MOST_ENTRIES);
        }
    }

    @Override
    public List<Entry> recent(int limit) {
        return database.read(connection -> Sql.list(
                connection,
                "SELECT * FROM audit ORDER BY sequence DESC LIMIT ?",
                row -> new Entry(
                        Sql.instant(row, "at"),
                        row.getString("who"),
                        row.getString("action"),
                        row.getString("target"),
                        row.getString("outcome")),
                limit));
    }

    /** Drops entries that are too old, and the oldest beyond a number. */
    void prune(long most) {
        database.write(connection -> {
            Sql.update(
                    connection,
                    "DELETE FROM audit WHERE at < ?",
                    clock.instant().minus(LONGEST_AGE));
            return Sql.update(
                    connection,
                    "DELETE FROM audit WHERE sequence <="
                            + " (SELECT sequence FROM audit ORDER BY sequence DESC LIMIT 1 OFFSET ?)",
                    most);
        });
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT);
    }
}
