package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.StartKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One function's meters, made when first needed and then found without looking up tags. Thread-safe. */
final class FunctionMeters {
    private static final int STATUSES = 600;
    private static final Duration[] CALL_BUCKETS =
            buckets(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000);
    private static final Duration[] PHASE_BUCKETS = buckets(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000);

    private final String label;
    private final MeterRegistry registry;
    private final LongAdder started = new LongAdder();
    private final LongAdder inflight = new LongAdder();
    private final AtomicReferenceArray<@Nullable Outcome> outcomes = new AtomicReferenceArray<>(STATUSES);
    private final ConcurrentHashMap<StartKind, Counter> starts = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Timer> phases = new ConcurrentHashMap<>();
    private final Queue<Meter> all = new ConcurrentLinkedQueue<>();

    private record Outcome(Counter count, Timer seconds) {}

    FunctionMeters(FunctionName function, MeterRegistry registry) {
        this.label = function.toString();
        this.registry = registry;
        // OpenFaaS's counter has no _total at its end, which the library would add to a counter
        all.add(Gauge.builder("gateway.function.invocation.started", started, LongAdder::sum)
                .description("Calls accepted")
                .tag("function_name", label)
                .register(registry));
        all.add(Gauge.builder("gateway.function.invocation.inflight", inflight, LongAdder::sum)
                .description("Calls being served")
                .tag("function_name", label)
                .register(registry));
    }

    private static Duration[] buckets(int... millis) {
        Duration[] buckets = new Duration[millis.length + 2];
        buckets[0] = Duration.ofNanos(200_000);
        buckets[1] = Duration.ofNanos(500_000);
        for (int i = 0; i < millis.length; i++) {
            buckets[i + 2] = Duration.ofMillis(millis[i]);
        }
        return buckets;
    }

    void started() {
        started.increment();
        inflight.increment();
    }

    void ended(int status, long nanos) {
        inflight.decrement();
        Outcome outcome = outcome(Math.clamp(status, 0, STATUSES - 1));
        outcome.count().increment();
        outcome.seconds().record(nanos, TimeUnit.NANOSECONDS);
    }

    private Outcome outcome(int status) {
        Outcome known = outcomes.get(status);
        if (known != null) {
            return known;
        }
        String code = Integer.toString(status);
        Counter count = Counter.builder("gateway.function.invocation")
                .description("Calls answered, by status")
                .tag("function_name", label)
                .tag("code", code)
                .register(registry);
        Timer seconds = Timer.builder("gateway.functions")
                .description("Time from accepting a call to the end of its reply")
                .tag("function_name", label)
                .tag("code", code)
                .serviceLevelObjectives(CALL_BUCKETS)
                .register(registry);
        all.add(count);
        all.add(seconds);
        Outcome made = new Outcome(count, seconds);
        outcomes.set(status, made);
        return made;
    }

    void start(StartKind kind) {
        Counter known = starts.get(kind);
        (known != null ? known : starts.computeIfAbsent(kind, this::startCounter)).increment();
    }

    private Counter startCounter(StartKind kind) {
        Counter counter = Counter.builder("instar.starts")
                .description("How instances came to serve: calls of idle instances, and starts of new ones")
                .tag("function_name", label)
                .tag("kind", kind.word())
                .register(registry);
        all.add(counter);
        return counter;
    }

    void phase(String phase, long nanos) {
        phases.computeIfAbsent(phase, this::phaseTimer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer phaseTimer(String phase) {
        Timer timer = Timer.builder("instar.start.phase")
                .description("Time of each phase of a start")
                .tag("function_name", label)
                .tag("phase", phase)
                .serviceLevelObjectives(PHASE_BUCKETS)
                .register(registry);
        all.add(timer);
        return timer;
    }

    /** Takes all of the function's series out of the registry. */
    void remove() {
        all.forEach(registry::remove);
    }
}
