package dev.instar.engine.async;

import dev.instar.engine.FunctionName;
import dev.instar.engine.StorageException;
import dev.instar.engine.store.AsyncRepository;
import dev.instar.engine.store.QueuedCall;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes due calls from the queue and lets workers run them, a bounded number at a time and shared fairly among
 * functions and namespaces. Sleeps until a call is queued, a worker comes free or a postponed call becomes due.
 * Thread-safe.
 */
final class Dispatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
    /** Bounds the sleep, so that a jump of the clock or a failing disk is noticed. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(10);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final AsyncRepository calls;
    private final InstantSource clock;
    private final Consumer<QueuedCall> worker;
    private final WorkerShares shares;
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("instar-async-", 0).factory());
    private final Thread loop;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean signalled;
    private volatile boolean paused;
    private volatile boolean closed;

    /** @param worker runs one call to its end; must not throw */
    Dispatcher(AsyncRepository calls, int workers, InstantSource clock, Consumer<QueuedCall> worker) {
        this.calls = calls;
        this.clock = clock;
        this.worker = worker;
        this.shares = new WorkerShares(workers);
        this.loop = Thread.ofVirtual().name("instar-async-dispatcher").unstarted(this::run);
    }

    void start() {
        loop.start();
    }

    /** Something has been queued. */
    void wake() {
        inLock(() -> signalled = true);
    }

    /** Takes no further calls; running ones go on. */
    void pause() {
        inLock(() -> paused = true);
    }

    void resume() {
        inLock(() -> paused = false);
    }

    /** Waits until no call runs; false if that takes longer. To be used while paused. */
    boolean awaitIdle(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (shares.busy() > 0) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean isPaused() {
        return paused;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Takes no further calls and interrupts running ones; they stay claimed, so that the next start runs them again.
     */
    @Override
    public void close() {
        closed = true;
        wake();
        loop.interrupt();
        workers.shutdownNow();
        workers.close();
    }

    private void run() {
        boolean failing = false;
        while (!closed) {
            try {
                awaitFreeWorker();
                Instant asked = clock.instant();
                List<QueuedCall> taken = calls.claim(shares.free(), shares::room);
                failing = false;
                taken.forEach(this::begin);
                if (taken.isEmpty()) {
                    sleep(untilNextDue(asked));
                }
            } catch (InterruptedException _) {
                return;
            } catch (StorageException e) {
                if (!failing) {
                    LOG.error("asynchronous calls cannot be taken from the queue for now: {}", e.getMessage());
                }
                failing = true;
                sleepAfterFailure();
            } catch (RuntimeException e) {
                LOG.error("dispatching asynchronous calls failed", e);
                sleepAfterFailure();
            }
        }
    }

    private void awaitFreeWorker() throws InterruptedException {
        lock.lock();
        try {
            while (paused || shares.free() == 0) {
                changed.await();
            }
            signalled = false;
        } finally {
            lock.unlock();
        }
    }

    private void begin(QueuedCall call) {
        FunctionName function = call.function();
        shares.take(function);
        workers.execute(() -> {
            try {
                worker.accept(call);
            } finally {
                shares.giveBack(function);
                wake();
            }
        });
    }

    /** @param asked when the queue was last asked and gave nothing */
    private Duration untilNextDue(Instant asked) {
        Optional<Instant> due = calls.nextDue();
        if (due.isEmpty() || !due.get().isAfter(asked)) {
            // What was due then waits for its function's or namespace's share, which comes with a signal.
            return LONGEST_SLEEP;
        }
        Duration wait = Duration.between(clock.instant(), due.get());
        return wait.compareTo(LONGEST_SLEEP) < 0 ? wait : LONGEST_SLEEP;
    }

    private void sleep(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (!signalled && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void sleepAfterFailure() {
        try {
            TimeUnit.NANOSECONDS.sleep(AFTER_FAILURE.toNanos());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void inLock(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
