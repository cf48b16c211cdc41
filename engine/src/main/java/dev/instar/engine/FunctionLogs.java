package dev.instar.engine;

import java.time.Instant;
import java.util.function.Consumer;

/** Lines that functions wrote to standard output and error. Thread-safe. */
public interface FunctionLogs {
    /**
     * Passes lines on, oldest first.
     *
     * @param tail at most this many of the newest lines; −1 for all that are kept
     * @param since only lines at or after this time; {@link Instant#EPOCH} for all
     * @param instance only lines of this instance; empty for all
     */
    void read(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink);

    /**
     * Like {@link #read}, then goes on with new lines until the subscription is closed. New lines come on another
     * thread; a consumer that is too slow loses lines rather than holding up functions.
     */
    Subscription follow(FunctionName function, int tail, Instant since, String instance, Consumer<Line> sink);

    /**
     * One line.
     *
     * @param stream {@code stdout}, {@code stderr}, or {@code instar} for the node's own remarks
     */
    record Line(Instant time, FunctionName function, String instance, String stream, String text) {}

    /** A running {@link #follow}. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
