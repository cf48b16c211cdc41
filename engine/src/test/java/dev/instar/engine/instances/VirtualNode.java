package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Priority;
import dev.instar.engine.Quota;
import dev.instar.engine.StartKind;
import dev.instar.engine.instances.RecordedArrivals.Arrival;
import dev.instar.engine.instances.StartPolicy.Decision;
import dev.instar.engine.process.Specs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.NullUnmarked;

/**
 * A node in virtual time: the decisions are those of {@link PoolState} and {@link StartPolicy}, and what they decide is
 * carried out by events. After each event the node's bounds are checked. Everything that happens goes into a log.
 */
@NullUnmarked
final class VirtualNode {
    private static final long MILLI = 1_000_000;
    private static final long BEGINNING = 1_000 * MILLI;

    final List<String> log = new ArrayList<>();
    final Map<FunctionName, List<Long>> waits = new LinkedHashMap<>();
    final Map<String, Integer> refused = new HashMap<>();
    final Map<EndCause, Integer> ended = new HashMap<>();
    final List<FunctionName> started = new ArrayList<>();
    int served;
    int cancelled;

    private final Bounds bounds;
    private final Function<FunctionName, Specs> specs;
    private final StartPolicy policy;
    private final Room room;
    private final Map<FunctionName, Pool> pools = new LinkedHashMap<>();
    private final Map<StartTicket, Start> starts = new HashMap<>();
    private final Map<Waiter, Call> waiting = new HashMap<>();
    private final Map<Instance, Life> living = new HashMap<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::sequence));
    private long now = BEGINNING;
    private long sequence;
    private int sandboxes;
    private int starting;
    private long charged;
    private int instanceNumber;

    record Bounds(
            int sandboxes, int concurrentStarts, long memory, long instanceMemory, long startMillis, long patience) {}

    private record Event(long at, long sequence, Runnable what) {}

    private record Pool(PoolState state, Priority priority, int maximum) {}

    private record Start(Pool pool, StartOrder order) {}

    private record Call(FunctionName function, long arrived, long durationMillis) {}

    private record Life(FunctionName function, StartTicket ticket, String id) {}

    VirtualNode(Bounds bounds, Function<FunctionName, Specs> specs) {
        this.bounds = bounds;
        this.specs = specs;
        this.room = new Room(bounds.memory(), bounds.concurrentStarts(), _ -> Quota.UNBOUNDED);
        this.policy = new StartPolicy(room);
    }

    /** Runs until nothing waits or runs any more. */
    void run(List<Arrival> arrivals) {
        arrivals.forEach(arrival -> at(BEGINNING + arrival.millis() * MILLI, () -> arrive(arrival)));
        long last = arrivals.getLast().millis() + 60_000;
        for (long second = 1000; second < last; second += 1000) {
            at(BEGINNING + second * MILLI, this::tidy);
        }
        while (!events.isEmpty()) {
            Event event = events.remove();
            now = event.at();
            event.what().run();
            decide();
            check();
        }
        assertThat(waiting).as("calls that wait for ever").isEmpty();
        assertThat(starts).isEmpty();
        assertThat(policy.waiting()).isZero();
        assertThat(policy.someLackRoom()).isFalse();
        assertThat(room.freeStarts()).isEqualTo(bounds.concurrentStarts());
    }

    int alive() {
        return living.size();
    }

    private void at(long when, Runnable what) {
        events.add(new Event(when, sequence++, what));
    }

    private void after(long millis, Runnable what) {
        at(now + millis * MILLI, what);
    }

    private void say(String what) {
        log.add((now - BEGINNING) / MILLI + " " + what);
    }

    private Pool pool(FunctionName function) {
        return pools.computeIfAbsent(function, name -> {
            var spec = specs.apply(name).spec();
            return new Pool(
                    new PoolState(new FunctionVersion(1, "sha256:0", spec, Instant.EPOCH), 10_000),
                    spec.scaling().priority(),
                    spec.scaling().maximum());
        });
    }

    private void arrive(Arrival arrival) {
        Pool pool = pool(arrival.function());
        Call call = new Call(arrival.function(), now, arrival.durationMillis());
        Slot slot = pool.state().take();
        if (slot != null) {
            serve(slot, call);
            return;
        }
        Waiter waiter = new Waiter();
        waiting.put(waiter, call);
        try {
            carryOut(pool, pool.state().enqueue(waiter, now));
        } catch (EngineException e) {
            waiting.remove(waiter);
            refuse(call);
        }
    }

    private void refuse(Call call) {
        say("refused " + call.function());
        refused.merge(call.function().namespace(), 1, Integer::sum);
    }

    private void serve(Slot slot, Call call) {
        say("serve " + call.function() + " by " + living.get(slot.instance()).id());
        served++;
        waits.computeIfAbsent(call.function(), _ -> new ArrayList<>()).add((now - call.arrived()) / MILLI);
        after(call.durationMillis(), () -> {
            Pool pool = pool(call.function());
            boolean yields = policy.someLackRoom() && policy.yields(call.function(), pool.priority(), now);
            Effects effects =
                    yields ? pool.state().giveWay(slot, now) : pool.state().release(slot, now);
            if (effects.isNone() && policy.someLackRoom()) {
                policy.changed();
            }
            carryOut(pool, effects);
        });
    }

    private void carryOut(Pool pool, Effects effects) {
        for (Waiter waiter : effects.woken()) {
            Call call = waiting.remove(waiter);
            if (waiter.slot() == null) {
                refuse(call);
            } else {
                serve(waiter.slot(), call);
            }
        }
        effects.ended().forEach(departure -> dispose(departure.instance(), departure.cause()));
        for (StartOrder order : effects.orders()) {
            FunctionName function = order.version().spec().name();
            StartTicket ticket = new StartTicket(
                    function, pool.priority(), bounds.instanceMemory(), bounds.instanceMemory(), order.background());
            ticket.giveUpAt = now + bounds.patience() * MILLI;
            starts.put(ticket, new Start(pool, order));
            policy.submit(ticket, now);
            at(ticket.giveUpAt, () -> giveUp(ticket));
        }
    }

    private void giveUp(StartTicket ticket) {
        Start start = starts.get(ticket);
        if (start == null || ticket.state() != StartTicket.State.WAITING) {
            return;
        }
        if (policy.shortage(ticket, charged) == null) {
            after(bounds.patience(), () -> giveUp(ticket));
            return;
        }
        policy.withdraw(ticket);
        fail(ticket);
    }

    private void fail(StartTicket ticket) {
        Start start = starts.remove(ticket);
        say("no room for " + ticket.function());
        var failure = new OverloadedException("no room", true, Duration.ofSeconds(5));
        carryOut(start.pool(), start.pool().state().startFailed(start.order(), failure, now));
    }

    private void decide() {
        for (Decision next = policy.decide(now, charged); next != null; next = policy.decide(now, charged)) {
            switch (next) {
                case Decision.Begin begin -> begin(begin.ticket());
                case Decision.MakeRoom room -> makeRoom(room);
                case Decision.GiveUp given -> fail(given.ticket());
            }
        }
    }

    private boolean wanted(StartTicket ticket) {
        Start start = starts.get(ticket);
        if (start.pool().state().confirm(start.order())) {
            return true;
        }
        starts.remove(ticket);
        cancelled++;
        policy.withdraw(ticket);
        return false;
    }

    private void begin(StartTicket ticket) {
        if (!wanted(ticket)) {
            return;
        }
        if (sandboxes == bounds.sandboxes()) {
            policy.lackedSandbox(ticket);
            return;
        }
        sandboxes++;
        starting++;
        say("start " + ticket.function());
        started.add(ticket.function());
        after(bounds.startMillis(), () -> joined(ticket));
    }

    private void joined(StartTicket ticket) {
        starting--;
        charged += bounds.instanceMemory();
        policy.settled(ticket);
        Start start = starts.remove(ticket);
        int slots = start.order().version().spec().concurrency();
        var process = new StartedProcess("i", StartKind.COLD, null, Collections.nCopies(slots, null), null, Map.of());
        Instance instance = new Instance(null, start.order(), process, ticket, now);
        living.put(instance, new Life(ticket.function(), ticket, "i" + instanceNumber++));
        carryOut(
                start.pool(), start.pool().state().started(start.order(), instance, bounds.startMillis() * MILLI, now));
    }

    private void makeRoom(Decision.MakeRoom decision) {
        StartTicket ticket = decision.ticket();
        if (!wanted(ticket)) {
            return;
        }
        int count = 0;
        for (Instance oldest = oldest(); oldest != null && count < decision.count(); oldest = oldest()) {
            Pool pool = pool(living.get(oldest).function());
            carryOut(
                    pool,
                    pool.state().endIdle(oldest, decision.shortage().kind().cause(), now));
            count++;
        }
        // Ending takes ten milliseconds; see dispose.
        after(count == 0 ? 0 : 10, () -> policy.madeRoom(ticket));
    }

    private Instance oldest() {
        return pools.values().stream()
                .map(pool -> pool.state().leastRecentlyUsed(false))
                .filter(instance -> instance != null)
                .min(Comparator.comparingLong(Instance::idleSince))
                .orElse(null);
    }

    private void dispose(Instance instance, EndCause cause) {
        Life life = living.remove(instance);
        say("end " + life.id() + " of " + life.function() + " " + cause);
        ended.merge(cause, 1, Integer::sum);
        after(10, () -> {
            sandboxes--;
            charged -= bounds.instanceMemory();
            policy.released(life.ticket());
        });
    }

    private void tidy() {
        pools.values().forEach(pool -> carryOut(pool, pool.state().tidy(now)));
        policy.sandboxesMayBeBack();
    }

    private void check() {
        assertThat(sandboxes).isBetween(0, bounds.sandboxes());
        assertThat(starting).isBetween(0, bounds.concurrentStarts());
        assertThat(charged + starting * bounds.instanceMemory()).isBetween(0L, bounds.memory());
        pools.forEach((function, pool) -> {
            // One that yields with several calls serves the rest of them beside its successor.
            long taking = pool.state().members().stream()
                    .filter(instance -> instance.state() != InstanceState.RETIRING)
                    .count();
            assertThat(taking).as("instances of %s", function).isLessThanOrEqualTo(pool.maximum());
        });
    }
}
