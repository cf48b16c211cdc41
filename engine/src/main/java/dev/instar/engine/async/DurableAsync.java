package dev.instar.engine.async;

import dev.instar.engine.AsyncService;
import dev.instar.engine.Call;
import dev.instar.engine.EngineException;
import dev.instar.engine.Invoker;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.StorageException;
import dev.instar.engine.store.AsyncRepository;
import dev.instar.engine.store.QueuedCall;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asynchronous calls on the durable queue, each run at least once. Thread-safe. */
public final class DurableAsync implements AsyncService, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DurableAsync.class);

    /** What a draining node answers; the queue must not suffer from it. */
    private static final int NODE_FULL = 503;

    private static final Duration STORE_AGAIN = Duration.ofSeconds(1);

    private final AsyncRepository calls;
    private final RetryPolicy retry;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Attempt attempt;
    private final Callbacks callbacks;
    private final Dispatcher dispatcher;

    public DurableAsync(
            AsyncRepository calls,
            Invoker invoker,
            AsyncSettings settings,
            InstantSource clock,
            RandomGenerator random) {
        this.calls = calls;
        this.retry = settings.retry();
        this.clock = clock;
        this.random = random;
        this.attempt = new Attempt(calls, invoker, settings.callbackBodyBytes());
        this.callbacks = new Callbacks(settings, random);
        this.dispatcher = new Dispatcher(calls, settings.workers(), clock, this::run);
    }

    /** Begins to take calls from the queue, those left from an earlier run first. */
    public void start() {
        dispatcher.start();
    }

    @Override
    public void enqueue(Call call, String callbackUrl) throws IOException {
        if (!callbackUrl.isEmpty()) {
            CallbackAddresses.parse(callbackUrl);
        }
        calls.enqueue(call, callbackUrl);
        dispatcher.wake();
    }

    /** Calls have been queued by other means. */
    public void wake() {
        dispatcher.wake();
    }

    @Override
    public long pending(String namespace) {
        return calls.pending(namespace);
    }

    @Override
    public List<DeadLetter> deadLetters(String namespace, int limit) {
        return calls.deadLetters(namespace, limit);
    }

    @Override
    public void retry(String namespace, String callId) {
        calls.revive(namespace, callId);
        dispatcher.wake();
    }

    @Override
    public void discard(String namespace, String callId) {
        calls.discard(namespace, callId);
    }

    /** Takes no further calls from the queue; running ones go on. */
    public void pause() {
        dispatcher.pause();
    }

    /** Waits until no call from the queue runs; false if that takes longer. To be used while paused. */
    public boolean awaitIdle(Duration patience) throws InterruptedException {
        return dispatcher.awaitIdle(patience);
    }

    /** Takes calls again. */
    public void resume() {
        dispatcher.resume();
    }

    /** Stops; calls in progress stay queued. */
    @Override
    public void close() {
        dispatcher.close();
        callbacks.close();
    }

    private void run(QueuedCall call) {
        try {
            Outcome outcome = attempt.run(call);
            // What fails because the node is closing stays claimed and is run again by the next start.
            if (outcome.succeeded() || !dispatcher.isClosed()) {
                settle(call, outcome);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (NotFoundException e) {
            LOG.debug("call {} of {} has left the queue meanwhile", call.id(), call.function(), e);
        } catch (EngineException e) {
            LOG.error(
                    "the outcome of call {} of {} cannot be stored; it is run again after the next start: {}",
                    call.id(),
                    call.function(),
                    e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("call {} of {} failed unexpectedly", call.id(), call.function(), e);
        }
    }

    private void settle(QueuedCall call, Outcome outcome) throws InterruptedException {
        boolean turnedAway = dispatcher.isPaused() && outcome.status() == NODE_FULL;
        if (turnedAway || (outcome.retryable() && retry.allowsAfter(call.attempts()))) {
            Instant due = clock.instant().plus(retry.delayAfter(call.attempts(), random));
            store(call, () -> calls.postpone(call, due, outcome.reason()));
            return;
        }
        if (!call.callbackUrl().isEmpty()) {
            callbacks.post(call, outcome);
        }
        store(call, () -> {
            if (outcome.succeeded()) {
                calls.complete(call);
            } else {
                calls.bury(call, outcome.reason());
            }
        });
    }

    /**
     * A call that is neither done nor waiting would be stuck until the next start. So its worker stays with it until
     * there is room on the disk again; meanwhile nothing could be taken from the queue either.
     */
    private static void store(QueuedCall call, Runnable change) throws InterruptedException {
        for (boolean first = true; ; first = false) {
            try {
                change.run();
                return;
            } catch (StorageException e) {
                if (first) {
                    LOG.error(
                            "the outcome of call {} of {} cannot be stored and is kept until it can: {}",
                            call.id(),
                            call.function(),
                            e.getMessage());
                }
                Thread.sleep(STORE_AGAIN);
            }
        }
    }
}
