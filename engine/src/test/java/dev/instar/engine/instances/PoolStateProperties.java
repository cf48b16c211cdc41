package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.process.Specs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.NullUnmarked;

/** Drives the scheduler's decisions with random sequences of what can happen, and checks its promises after each. */
@NullUnmarked
class PoolStateProperties {
    private static final int QUEUE = 5;

    @Property(tries = 400)
    void promisesHoldAfterEveryStep(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int concurrency,
            @ForAll @IntRange(min = 1, max = 4) int maximum,
            @ForAll @IntRange(min = 0, max = 1) int minimum) {
        Simulation simulation = new Simulation(new Random(seed), concurrency, maximum, minimum);
        for (int step = 0; step < 300; step++) {
            simulation.step();
            simulation.check();
        }
        simulation.finish();
    }

    private static final class Simulation {
        private final Random random;
        private final int concurrency;
        private final int maximum;
        private final int minimum;
        private final PoolState state;
        private final List<Waiter> waiting = new ArrayList<>();
        private final List<Slot> serving = new ArrayList<>();
        private final List<StartOrder> orders = new ArrayList<>();
        private final List<Instance> held = new ArrayList<>();
        private final List<Instance> living = new ArrayList<>();
        private long now = 1;
        private int versions = 1;
        private boolean closed;

        Simulation(Random random, int concurrency, int maximum, int minimum) {
            this.random = random;
            this.concurrency = concurrency;
            this.maximum = maximum;
            this.minimum = minimum;
            this.state = new PoolState(version(), QUEUE);
        }

        private FunctionVersion version() {
            var spec = Specs.of("f", "")
                    .concurrency(concurrency)
                    .scaling(minimum, maximum, Duration.ofNanos(50))
                    .spec();
            return new FunctionVersion(versions++, "sha256:0", spec, Instant.EPOCH);
        }

        void step() {
            now += random.nextInt(20);
            switch (random.nextInt(14)) {
                case 0, 1, 2, 3 -> call();
                case 4, 5, 6 -> endCall();
                case 7, 8 -> startSucceeds();
                case 9 -> startFails();
                case 10 -> giveUp();
                case 11 -> crash();
                case 12 -> {
                    now += random.nextInt(300_000_000);
                    apply(state.tidy(now));
                }
                default -> rareEvent();
            }
        }

        private void rareEvent() {
            switch (random.nextInt(10)) {
                case 6, 7 -> {
                    Instance instance = state.hold(_ -> random.nextBoolean());
                    if (instance != null) {
                        assertThat(instance.busy()).isZero();
                        held.add(instance);
                    }
                }
                case 8, 9 -> {
                    if (!held.isEmpty()) {
                        apply(state.letGo(held.remove(random.nextInt(held.size()))));
                    }
                }
                case 0, 1 -> {
                    if (!closed) {
                        apply(state.switchTo(version(), now));
                    }
                }
                case 2 -> apply(state.keep(random.nextInt(maximum + 1), now));
                case 3 -> evict(true);
                case 4 -> evict(false);
                default -> orders.removeIf(order -> !state.confirm(order));
            }
        }

        private void evict(boolean sparing) {
            Instance oldest = state.leastRecentlyUsed(sparing);
            if (oldest != null) {
                assertThat(oldest.state()).isEqualTo(InstanceState.IDLE);
                apply(state.endIdle(oldest, EndCause.EVICTED_MEMORY, now));
            }
        }

        private void call() {
            Slot slot = state.take();
            if (slot != null) {
                serve(slot);
                return;
            }
            Waiter waiter = new Waiter();
            try {
                Effects effects = state.enqueue(waiter, now);
                waiting.add(waiter);
                apply(effects);
            } catch (OverloadedException e) {
                assertThat(state.queued()).isEqualTo(QUEUE);
            } catch (StartFailedException e) {
                assertThat(state.starting()).isZero();
            } catch (NotFoundException e) {
                assertThat(closed).isTrue();
            }
        }

        private void serve(Slot slot) {
            assertThat(serving).as("a slot serves one call").doesNotContain(slot);
            assertThat(slot.instance().state()).isEqualTo(InstanceState.BUSY);
            serving.add(slot);
        }

        private void endCall() {
            if (!serving.isEmpty()) {
                Slot slot = serving.remove(random.nextInt(serving.size()));
                apply(random.nextInt(4) == 0 ? state.giveWay(slot, now) : state.release(slot, now));
            }
        }

        private void startSucceeds() {
            if (orders.isEmpty()) {
                return;
            }
            StartOrder order = orders.remove(random.nextInt(orders.size()));
            if (state.confirm(order)) {
                var process = new StartedProcess(
                        "i", StartKind.COLD, null, Collections.nCopies(concurrency, null), null, Map.of());
                Instance instance = new Instance(null, order, process, null, now);
                living.add(instance);
                apply(state.started(order, instance, 7, now));
            }
        }

        private void startFails() {
            if (!orders.isEmpty()) {
                StartOrder order = orders.remove(random.nextInt(orders.size()));
                EngineException failure = new StartFailedException("init", "broken", null);
                apply(state.startFailed(order, failure, now));
            }
        }

        private void giveUp() {
            if (!waiting.isEmpty()) {
                Waiter waiter = waiting.remove(random.nextInt(waiting.size()));
                assertThat(state.leave(waiter)).isTrue();
            }
        }

        private void crash() {
            if (!living.isEmpty()) {
                apply(state.end(living.get(random.nextInt(living.size())), EndCause.CRASHED, now));
            }
        }

        private void apply(Effects effects) {
            if (effects == null) {
                return;
            }
            orders.addAll(effects.orders());
            for (Effects.Departure departure : effects.ended()) {
                assertThat(living.remove(departure.instance())).as("ended once").isTrue();
                assertThat(departure.instance().state()).isEqualTo(InstanceState.ENDED);
            }
            for (Waiter waiter : effects.woken()) {
                assertThat(waiting.remove(waiter)).as("woken once").isTrue();
                assertThat(waiter.slot() == null).isNotEqualTo(waiter.failure() == null);
                if (waiter.slot() != null) {
                    serve(waiter.slot());
                }
            }
        }

        void check() {
            assertThat(state.queued()).isEqualTo(waiting.size()).isLessThanOrEqualTo(QUEUE);
            assertThat(state.alive()).isEqualTo(living.size());
            assertThat(state.starting()).isGreaterThanOrEqualTo(0).isLessThanOrEqualTo(orders.size());
            assertThat(state.idleSlots() == 0 || state.queued() == 0)
                    .as("while a slot is idle no call waits")
                    .isTrue();
            long current = living.stream()
                    .filter(instance -> instance.state() != InstanceState.RETIRING)
                    .count();
            assertThat(current + state.starting()).as("the maximum").isLessThanOrEqualTo(maximum);
            assertThat(state.queued() == 0 || state.starting() > 0 || current > 0)
                    .as("no call waits for nothing")
                    .isTrue();
            for (Instance instance : living) {
                long calls = serving.stream()
                        .filter(slot -> slot.instance() == instance)
                        .count();
                assertThat((long) instance.busy()).isEqualTo(calls).isLessThanOrEqualTo(concurrency);
                assertThat(instance.state() == InstanceState.IDLE)
                        .isEqualTo(calls == 0 && instance.state() != InstanceState.HELD);
            }
        }

        /** Whatever happened before: when starts succeed and calls end, every waiting call is served. */
        void finish() {
            held.forEach(instance -> apply(state.letGo(instance)));
            for (int i = 0; i < 10_000 && !waiting.isEmpty(); i++) {
                now += 100_000_000;
                apply(state.tidy(now));
                startSucceeds();
                endCall();
            }
            assertThat(waiting).isEmpty();
            closed = true;
            apply(state.close(new NotFoundException("removed"), EndCause.REMOVED));
            while (!serving.isEmpty()) {
                endCall();
            }
            assertThat(state.alive()).isZero();
            assertThat(living).isEmpty();
        }
    }
}
