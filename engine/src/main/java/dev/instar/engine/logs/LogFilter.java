package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import java.time.Instant;

/**
 * Which lines a reader wants.
 *
 * @param since not before this time
 * @param instance only of this instance; empty for all
 */
record LogFilter(Instant since, String instance) {
    boolean accepts(Line line) {
        return !line.time().isBefore(since) && (instance.isEmpty() || instance.equals(line.instance()));
    }
}
