package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import dev.instar.sandbox.OutputSink;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Where one instance's output goes: into its function's log, as far as the instance's share of lines and bytes allows.
 * Remembers the last lines of standard error for the case of a crash. Thread-safe.
 */
public final class InstanceOutput implements OutputSink {
    /** The stream of the node's own remarks. */
    static final String REMARK = "instar";

    private static final int REMEMBERED_LINES = 20;

    private final FunctionName function;
    private final String instance;
    private final Clock clock;
    private final Consumer<Line> log;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<String> lastErrors = new ArrayDeque<>();
    private final Share lines;
    private final Share bytes;
    private long dropped;

    InstanceOutput(FunctionName function, String instance, LogSettings settings, Clock clock, Consumer<Line> log) {
        this.function = function;
        this.instance = instance;
        this.clock = clock;
        this.log = log;
        this.lines = new Share(settings.linesPerSecond());
        this.bytes = new Share(settings.bytesPerSecond());
    }

    @Override
    public void line(boolean error, String line) {
        Instant now = clock.instant();
        long droppedBefore;
        lock.lock();
        try {
            if (error) {
                remember(line);
            }
            if (!lines.has(now) || !bytes.has(now)) {
                dropped++;
                return;
            }
            lines.take(1);
            bytes.take(line.getBytes(StandardCharsets.UTF_8).length);
            droppedBefore = dropped;
            dropped = 0;
        } finally {
            lock.unlock();
        }
        if (droppedBefore > 0) {
            remark(droppedText(droppedBefore));
        }
        log.accept(new Line(now, function, instance, error ? "stderr" : "stdout", line));
    }

    /** Adds a remark of the node's own to the function's log. */
    public void remark(String text) {
        log.accept(new Line(clock.instant(), function, instance, REMARK, text));
    }

    /** The last lines of standard error, oldest first, at most 20. */
    public List<String> lastErrors() {
        lock.lock();
        try {
            return List.copyOf(lastErrors);
        } finally {
            lock.unlock();
        }
    }

    /** Says how many lines were dropped at the end; to be called when the instance has ended. */
    public void ended() {
        long count;
        lock.lock();
        try {
            count = dropped;
            dropped = 0;
        } finally {
            lock.unlock();
        }
        if (count > 0) {
            remark(droppedText(count));
        }
    }

    private void remember(String line) {
        if (lastErrors.size() == REMEMBERED_LINES) {
            lastErrors.removeFirst();
        }
        lastErrors.addLast(line);
    }

    private static String droppedText(long count) {
        return count + " lines were dropped: the instance wrote more than its share";
    }

    /** A token bucket that holds two seconds' worth and may be overdrawn once. */
    private static final class Share {
        private final double perSecond;
        private double tokens;
        private long filledAt = Long.MIN_VALUE;

        Share(long perSecond) {
            this.perSecond = perSecond;
            this.tokens = 2.0 * perSecond;
        }

        boolean has(Instant now) {
            long millis = now.toEpochMilli();
            if (filledAt != Long.MIN_VALUE) {
                tokens = Math.min(2 * perSecond, tokens + perSecond * Math.max(0, millis - filledAt) / 1000);
            }
            filledAt = millis;
            return tokens >= 1;
        }

        void take(long count) {
            tokens -= count;
        }
    }
}
