package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.instances.Effects.Departure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One function's instances and counts, and with {@link CallQueue} its calls: the whole of the scheduler's decisions,
 * and nothing that blocks. Not thread-safe; {@link InstancePool} guards it with its lock and carries out the effects
 * afterwards.
 *
 * <p>Between calls of its methods these hold: a slot is idle or serves one call; while a slot is idle no call waits; a
 * call waits only while an instance or a start can still come to serve it; no more instances start than the waiting
 * calls or the kept number need.
 */
final class PoolState {
    private final CallQueue calls;
    private final StartBackOff backOff = new StartBackOff();
    private final Retention retention;
    private final Set<Instance> members = new LinkedHashSet<>();

    private FunctionVersion version;
    private int generation;
    /** Members of the current generation that do not retire. */
    private int current;

    private int starting;
    private int kept;
    /** Instances that served a call when fewer were asked for, and starts that nothing needed then. */
    private final Set<Instance> surplus = new HashSet<>();

    private int surplusStarts;

    /** Further instances to have ahead of a call that is expected. */
    private int expected;

    private @Nullable EngineException closed;

    PoolState(FunctionVersion version, int queueBound) {
        this.version = version;
        this.calls = new CallQueue(queueBound);
        this.kept = version.spec().scaling().minimum();
        this.retention = new Retention(version.spec().scaling().keepAlive());
    }

    /** Whether it wants to know when calls come. */
    boolean watchesArrivals() {
        return retention.watches();
    }

    /** A call has come; before it is served. */
    void arrived(long now) {
        retention.arrived(now);
    }

    /** The most recently used idle slot, now busy; null if there is none. */
    @Nullable
    Slot take() {
        return calls.take();
    }

    /**
     * Lets a call wait.
     *
     * @throws EngineException if the queue is full, the pool is closed, or starts fail and nothing else could serve it
     */
    Effects enqueue(Waiter waiter, long now) {
        if (closed != null) {
            throw closed;
        }
        calls.requireRoom(version.spec().name());
        EngineException failure = backOff.lastFailure();
        if (failure != null && backOff.holds(now) && starting == 0 && current == 0) {
            throw failure;
        }
        calls.add(waiter);
        return settle(now, List.of());
    }

    /** Takes a call that gives up out of the queue; false if it has been given a slot meanwhile. */
    boolean leave(Waiter waiter) {
        return calls.remove(waiter);
    }

    /** A call has ended and its channel is ready for the next. */
    Effects release(Slot slot, long now) {
        Instance instance = slot.instance();
        if (instance.state() == InstanceState.ENDED) {
            return Effects.NONE;
        }
        instance.finishedCall(now);
        if (instance.state() == InstanceState.RETIRING) {
            return instance.busy() > 0 ? Effects.NONE : settle(now, List.of(depart(instance, instance.retirement())));
        }
        Waiter waiter = calls.offer(slot, 0);
        if (waiter == null && instance.busy() == 0 && surplus.contains(instance) && current > kept) {
            return settle(now, List.of(depart(instance, EndCause.SCALED)));
        }
        return waiter == null ? Effects.NONE : new Effects(List.of(waiter), List.of(), List.of());
    }

    /** As {@link #release}, but if calls wait the instance takes none any more, and ends with its last. */
    Effects giveWay(Slot slot, long now) {
        Instance instance = slot.instance();
        // While starts are held back, nothing would be left for the calls that wait.
        if (instance.state() != InstanceState.BUSY || calls.waiting() == 0 || backOff.holds(now)) {
            return release(slot, now);
        }
        current--;
        instance.retire(EndCause.YIELDED);
        instance.finishedCall(now);
        return settle(now, instance.busy() > 0 ? List.of() : List.of(depart(instance, EndCause.YIELDED)));
    }

    /** Whether the start is still needed; if not, it counts no more and must not be begun. */
    boolean confirm(StartOrder order) {
        if (isVoid(order)) {
            return false;
        }
        if (starting > wanted()) {
            starting--;
            surplusStarts = Math.min(surplusStarts, starting);
            return false;
        }
        return true;
    }

    /** A start has succeeded. The instance joins, or is ended at once if its version is no longer current. */
    Effects started(StartOrder order, Instance instance, long tookNanos, long now) {
        if (isVoid(order)) {
            instance.end(EndCause.REPLACED);
            return new Effects(List.of(), List.of(new Departure(instance, EndCause.REPLACED)), List.of());
        }
        starting--;
        backOff.clear();
        members.add(instance);
        current++;
        List<Waiter> served = calls.offerAll(instance, tookNanos);
        List<Departure> ended = List.of();
        if (surplusStarts > 0) {
            surplusStarts--;
            if (served.isEmpty() && current > kept) {
                ended = List.of(depart(instance, EndCause.SCALED));
            }
        }
        // With an instance alive nobody is refused, so the calls served are all there is to wake.
        return new Effects(served, ended, due(now));
    }

    /** A start has failed. Calls that nothing else can serve are refused with its reason. */
    Effects startFailed(StartOrder order, EngineException failure, long now) {
        if (isVoid(order)) {
            return Effects.NONE;
        }
        starting--;
        surplusStarts = Math.min(surplusStarts, starting);
        // A start in the background gives up without a try; a call that has come since may have it tried.
        if (!order.background() || failure instanceof StartFailedException || calls.waiting() == 0) {
            backOff.failed(failure, now);
        }
        return settle(now, List.of());
    }

    /** Ends an instance whatever it is doing; null if it had ended already. */
    @Nullable
    Effects end(Instance instance, EndCause cause, long now) {
        return members.contains(instance) ? settle(now, List.of(depart(instance, cause))) : null;
    }

    /** Ends an instance if it serves no call; null if it does, or has ended already. */
    @Nullable
    Effects endIdle(Instance instance, EndCause cause, long now) {
        return instance.state() == InstanceState.IDLE ? end(instance, cause, now) : null;
    }

    /** Makes another version current. Idle instances end; busy ones end with their last call. */
    Effects switchTo(FunctionVersion next, long now) {
        version = next;
        kept = next.spec().scaling().minimum();
        retention.changeTo(next.spec().scaling().keepAlive());
        backOff.clear();
        return settle(now, retireAll(EndCause.REPLACED));
    }

    /** Refuses all calls from now on. Idle instances end; busy ones end with their last call. */
    Effects close(EngineException reason, EndCause cause) {
        closed = reason;
        List<Departure> ended = retireAll(cause);
        return new Effects(calls.refuseAll(reason), ended, List.of());
    }

    /** Ends all instances, whatever they are doing. */
    Effects endAll(EndCause cause) {
        List<Departure> ended = new ArrayList<>();
        for (Instance instance : List.copyOf(members)) {
            ended.add(depart(instance, cause));
        }
        return new Effects(List.of(), ended, List.of());
    }

    /**
     * Sets how many instances stay alive even when idle, and ends idle ones beyond that number. Those that serve a call
     * or are being started count as well: they end when they have nothing to do, if there are too many of them then.
     */
    Effects keep(int number, long now) {
        kept = number;
        List<Departure> ended = endOldest(current - number, now, 0, EndCause.SCALED);
        surplus.clear();
        if (current > number) {
            members.stream()
                    .filter(member -> member.state() == InstanceState.BUSY)
                    .forEach(surplus::add);
        }
        surplusStarts = Math.max(0, starting - wanted());
        return settle(now, ended);
    }

    /** Ends what has been idle for longer than the keep-alive, and orders the starts that have become due. */
    Effects tidy(long now) {
        Retention.Rule rule = retention.at(now);
        expected = rule.expected();
        return settle(now, endOldest(current - needed(), now, rule.idleNanos(), EndCause.IDLE));
    }

    /**
     * The idle instance that has not been used for the longest time, or null.
     *
     * @param sparing whether the kept number is spared
     */
    @Nullable
    Instance leastRecentlyUsed(boolean sparing) {
        if (sparing && current <= needed()) {
            return null;
        }
        return idleInstances().stream()
                .min(Comparator.comparingLong(Instance::idleSince))
                .orElse(null);
    }

    /** An idle instance of that kind, out of service until {@link #letGo}; null if there is none. */
    @Nullable
    Instance hold(Predicate<Instance> kind) {
        for (Instance instance : idleInstances()) {
            if (kind.test(instance)) {
                calls.withdraw(instance);
                instance.hold();
                return instance;
            }
        }
        return null;
    }

    /** An instance that was held is of use again, unless it has ended; last, since waking it up takes time. */
    Effects letGo(Instance instance) {
        if (instance.state() != InstanceState.HELD) {
            return Effects.NONE;
        }
        instance.letGo();
        List<Waiter> served = calls.offerAll(instance, 0);
        calls.putLast(instance);
        return served.isEmpty() ? Effects.NONE : new Effects(served, List.of(), List.of());
    }

    /** Instances alive, retiring ones included. */
    Collection<Instance> members() {
        return List.copyOf(members);
    }

    int alive() {
        return members.size();
    }

    List<Instance> idleInstances() {
        return members.stream()
                .filter(member -> member.state() == InstanceState.IDLE)
                .toList();
    }

    int queued() {
        return calls.waiting();
    }

    int starting() {
        return starting;
    }

    int kept() {
        return kept;
    }

    int idleSlots() {
        return calls.idleSlots();
    }

    private boolean isVoid(StartOrder order) {
        return closed != null || order.generation() != generation;
    }

    /** Orders the starts that are due, or refuses the calls that nothing is going to serve. */
    private Effects settle(long now, List<Departure> ended) {
        List<StartOrder> orders = due(now);
        boolean stranded = calls.waiting() > 0 && starting == 0 && current == 0;
        EngineException failure = backOff.lastFailure();
        List<Waiter> refused = stranded && failure != null ? calls.refuseAll(failure) : List.of();
        return orders.isEmpty() && ended.isEmpty() && refused.isEmpty()
                ? Effects.NONE
                : new Effects(refused, ended, orders);
    }

    private List<StartOrder> due(long now) {
        int number = closed != null || backOff.holds(now) ? 0 : wanted() - starting;
        if (number <= 0) {
            return List.of();
        }
        List<StartOrder> orders = new ArrayList<>(number);
        int forCalls = Math.ceilDiv(calls.waiting(), version.spec().concurrency());
        for (int i = 0; i < number; i++) {
            orders.add(new StartOrder(version, generation, starting >= forCalls));
            starting++;
        }
        return orders;
    }

    private int wanted() {
        int forCalls = Math.ceilDiv(calls.waiting(), version.spec().concurrency());
        int room = version.spec().scaling().maximum() - current;
        return Math.min(Math.max(forCalls, needed() - current), room);
    }

    /** Instances to have whether calls wait or not. */
    private int needed() {
        return Math.max(kept, expected);
    }

    private List<Departure> retireAll(EndCause cause) {
        generation++;
        current = 0;
        starting = 0;
        surplus.clear();
        surplusStarts = 0;
        calls.withdrawAll();
        List<Departure> ended = new ArrayList<>();
        for (Instance instance : List.copyOf(members)) {
            if (instance.busy() == 0) {
                ended.add(depart(instance, cause));
            } else {
                instance.retire(cause);
            }
        }
        return ended;
    }

    private List<Departure> endOldest(int atMost, long now, long idleFor, EndCause cause) {
        if (atMost <= 0) {
            return List.of();
        }
        return idleInstances().stream()
                .filter(instance -> now - instance.idleSince() >= idleFor)
                .sorted(Comparator.comparingLong(Instance::idleSince))
                .limit(atMost)
                .map(instance -> depart(instance, cause))
                .toList();
    }

    private Departure depart(Instance instance, EndCause cause) {
        members.remove(instance);
        surplus.remove(instance);
        if (instance.generation() == generation && instance.state() != InstanceState.RETIRING) {
            current--;
            calls.withdraw(instance);
        }
        instance.end(cause);
        return new Departure(instance, cause);
    }
}
