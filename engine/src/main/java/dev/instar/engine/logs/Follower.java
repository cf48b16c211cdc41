package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionLogs.Subscription;
import dev.instar.engine.FunctionName;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Somebody who follows a function's log, with a bounded buffer: a slow reader loses lines and is told how many. */
final class Follower implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Follower.class);
    private static final int BUFFER_LINES = 2048;

    private final LogFile file;
    private final FunctionName function;
    private final LogFilter filter;
    private final Consumer<Line> sink;
    private final BlockingQueue<Line> buffer = new ArrayBlockingQueue<>(BUFFER_LINES);
    private final AtomicInteger lost = new AtomicInteger();
    private final Thread thread;

    /** @param past what has been written before; passed on first */
    Follower(LogFile file, FunctionName function, LogFilter filter, Consumer<Line> sink, PastLines past) {
        this.file = file;
        this.function = function;
        this.filter = filter;
        this.sink = sink;
        this.thread = Thread.ofVirtual().name("instar-logs-" + function).unstarted(() -> run(past));
    }

    /** Reads what is there, then what comes. */
    interface PastLines {
        /** @return the lines, oldest first */
        List<Line> read();
    }

    void start() {
        thread.start();
    }

    /** Takes a new line; never blocks. */
    void offer(Line line) {
        if (filter.accepts(line) && !buffer.offer(line)) {
            lost.incrementAndGet();
        }
    }

    @Override
    public void close() {
        file.unfollow(this);
        thread.interrupt();
    }

    private void run(PastLines past) {
        try {
            past.read().forEach(sink);
            while (!Thread.currentThread().isInterrupted()) {
                sink.accept(buffer.take());
                reportLoss();
            }
        } catch (InterruptedException _) {
            // The subscription was closed.
        } catch (RuntimeException e) {
            LOG.debug("a reader of the log of {} has gone: {}", function, e.toString());
        } finally {
            file.unfollow(this);
        }
    }

    private void reportLoss() {
        int count = lost.getAndSet(0);
        if (count > 0) {
            String text = count + " lines were left out: the reader was too slow";
            sink.accept(new Line(Instant.now(), function, "", InstanceOutput.REMARK, text));
        }
    }
}
