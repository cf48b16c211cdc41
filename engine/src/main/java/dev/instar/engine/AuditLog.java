package dev.instar.engine;

import java.time.Instant;
import java.util.List;

/** Who changed what. Durable and append-only. Thread-safe. */
public interface AuditLog {
    /** @param outcome {@code ok} or the error's message */
    void record(Principal who, String action, String target, String outcome);

    /** Newest first. */
    List<Entry> recent(int limit);

    /** One management call. */
    record Entry(Instant time, String who, String action, String target, String outcome) {}
}
