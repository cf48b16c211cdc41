package dev.instar.engine.async;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.deploy.CronSchedule;
import dev.instar.engine.store.CronRepository;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues the calls of cron triggers when they are due. What became due while the node was down is queued once, however
 * often it was missed. Thread-safe.
 */
public final class CronTriggers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CronTriggers.class);
    /** Bounds the sleep, so that a jump of the clock is noticed. */
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    private final CronRepository firings;
    private final InstantSource clock;
    private final Runnable queued;
    private final ConcurrentMap<FunctionName, List<Entry>> entries = new ConcurrentHashMap<>();
    private final Thread thread = Thread.ofVirtual().name("instar-cron").unstarted(this::run);
    private volatile boolean closed;

    /** @param queued told when a call has been queued */
    public CronTriggers(CronRepository firings, InstantSource clock, Runnable queued) {
        this.firings = firings;
        this.clock = clock;
        this.queued = queued;
    }

    /** Begins to fire. */
    public void start() {
        thread.start();
    }

    /**
     * Watches the triggers of this version, and no longer those of another version of the function.
     *
     * @param since triggers that were due after this and have not been fired count as missed
     */
    public void watch(FunctionVersion version, Instant since) {
        FunctionName function = version.spec().name();
        List<Entry> list = new ArrayList<>();
        for (CronTrigger trigger : version.spec().triggers()) {
            Instant last = firings.lastFired(function, trigger).orElse(since);
            Instant from = last.isAfter(since) ? last : since;
            list.add(new Entry(trigger, CronSchedule.parse(trigger.schedule()), from));
        }
        entries.put(function, List.copyOf(list));
        LockSupport.unpark(thread);
    }

    /** Watches the function's triggers no longer. */
    public void forget(FunctionName function) {
        entries.remove(function);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Fires what is due; when the next trigger will be. */
    Optional<Instant> fireDue() {
        Instant now = clock.instant();
        Optional<Instant> next = Optional.empty();
        for (var function : entries.entrySet()) {
            for (Entry entry : function.getValue()) {
                Optional<Instant> due = entry.fireIfDue(function.getKey(), now);
                if (due.isPresent() && (next.isEmpty() || due.get().isBefore(next.get()))) {
                    next = due;
                }
            }
        }
        return next;
    }

    private void run() {
        while (!closed) {
            Duration wait = LONGEST_SLEEP;
            try {
                Optional<Instant> next = fireDue();
                if (next.isPresent()) {
                    Duration until = Duration.between(clock.instant(), next.get());
                    wait = until.compareTo(LONGEST_SLEEP) < 0 ? until : LONGEST_SLEEP;
                }
            } catch (RuntimeException e) {
                LOG.error("firing cron triggers failed", e);
            }
            LockSupport.parkNanos(this, Math.max(1, wait.toNanos()));
        }
    }

    /** One trigger of a deployed function. Used by one thread at a time. */
    private final class Entry {
        private final CronTrigger trigger;
        private final CronSchedule schedule;
        private Instant from;

        Entry(CronTrigger trigger, CronSchedule schedule, Instant from) {
            this.trigger = trigger;
            this.schedule = schedule;
            this.from = from;
        }

        Optional<Instant> fireIfDue(FunctionName function, Instant now) {
            Optional<Instant> due = schedule.nextAfter(from);
            if (due.isEmpty() || due.get().isAfter(now)) {
                return due;
            }
            boolean missedMore = schedule.nextAfter(due.get())
                    .filter(further -> !further.isAfter(now))
                    .isPresent();
            Instant firedFor = missedMore ? now : due.get();
            if (fire(function, firedFor)) {
                from = firedFor;
                return schedule.nextAfter(from);
            }
            return Optional.of(now.plusSeconds(1));
        }

        private boolean fire(FunctionName function, Instant due) {
            try {
                if (firings.fire(function, trigger, due, UUID.randomUUID().toString())) {
                    queued.run();
                }
                return true;
            } catch (NotFoundException e) {
                LOG.debug("{} was removed before its trigger fired", function, e);
                return true;
            } catch (EngineException e) {
                LOG.error(
                        "trigger \"{}\" of {} could not be fired and is tried again: {}",
                        trigger.schedule(),
                        function,
                        e.getMessage());
                return false;
            }
        }
    }
}
