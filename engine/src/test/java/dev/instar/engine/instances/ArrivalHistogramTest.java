package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.KeepAlive;
import dev.instar.engine.StartKind;
import dev.instar.engine.instances.ArrivalHistogram.Window;
import dev.instar.engine.process.Specs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ArrivalHistogramTest {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static ArrivalHistogram after(long... gaps) {
        ArrivalHistogram histogram = new ArrivalHistogram();
        long now = 5 * MINUTE;
        histogram.arrived(now);
        for (long gap : gaps) {
            now += gap;
            histogram.arrived(now);
        }
        return histogram;
    }

    private static long[] repeated(long gap, int times) {
        long[] gaps = new long[times];
        java.util.Arrays.fill(gaps, gap);
        return gaps;
    }

    @Test
    void aTimersNextCallIsExpectedWithATenthOfMargin() {
        ArrivalHistogram histogram = after(repeated(30 * MINUTE, 20));

        assertThat(histogram.isRepresentative()).isTrue();
        assertThat(histogram.window()).isEqualTo(new Window(27 * MINUTE, Math.round(31 * MINUTE * 1.1)));
        assertThat(histogram.sinceLast(5 * MINUTE + 20 * 30 * MINUTE + 7)).isEqualTo(7);
    }

    @Test
    void callsInQuickSuccessionKeepAnInstance() {
        ArrivalHistogram histogram = after(repeated(10 * SECOND, 50));

        assertThat(histogram.isRepresentative()).isTrue();
        assertThat(histogram.window()).isEqualTo(new Window(0, Math.round(MINUTE * 1.1)));
    }

    @Test
    void rareGapsBeyondThePercentilesDoNotCount() {
        long[] gaps = repeated(20 * MINUTE, 300);
        gaps[7] = 3 * MINUTE;
        gaps[100] = 200 * MINUTE;

        assertThat(after(gaps).window()).isEqualTo(new Window(18 * MINUTE, Math.round(21 * MINUTE * 1.1)));
    }

    @Test
    void tooFewCallsSayNothing() {
        assertThat(new ArrivalHistogram().isRepresentative()).isFalse();
        assertThat(after().isRepresentative()).isFalse();
        assertThat(after(repeated(30 * MINUTE, 9)).isRepresentative()).isFalse();
        assertThat(after(repeated(30 * MINUTE, 10)).isRepresentative()).isTrue();
    }

    @Test
    void gapsBeyondTheRangeSayNothing() {
        assertThat(after(repeated(5 * 60 * MINUTE, 50)).isRepresentative()).isFalse();
        long[] half = repeated(30 * MINUTE, 50);
        for (int i = 0; i < 25; i++) {
            half[i] = 300 * MINUTE;
        }
        assertThat(after(half).isRepresentative()).isTrue();
        half[25] = 300 * MINUTE;
        assertThat(after(half).isRepresentative()).isFalse();
    }

    @Test
    void evenlySpreadGapsSayNothing() {
        Random random = new Random(1);
        long[] gaps = new long[2000];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = (long) (random.nextDouble() * 240 * MINUTE);
        }
        assertThat(after(gaps).isRepresentative()).isFalse();
    }

    @Test
    void aNewPatternReplacesTheOld() {
        ArrivalHistogram histogram = new ArrivalHistogram();
        long now = 0;
        for (int i = 0; i < 5000; i++) {
            histogram.arrived(now += 10 * MINUTE);
        }
        for (int i = 0; i < 20_000; i++) {
            histogram.arrived(now += 60 * MINUTE);
        }
        assertThat(histogram.window().from()).isEqualTo(54 * MINUTE);
    }

    /** What a pool does with it: one instance, which is there when the calls of a timer come, and not in between. */
    @Test
    void anInstanceIsStartedAheadOfExpectedCallsAndEndsAfterThem() {
        Pool pool = new Pool(KeepAlive.BY_ARRIVALS);
        for (int call = 0; call < 12; call++) {
            pool.call();
            pool.passMinutes(30);
        }
        int coldBefore = pool.startedForCalls;
        pool.aliveMinutes = 0;

        for (int call = 0; call < 20; call++) {
            pool.call();
            pool.passMinutes(30);
        }

        assertThat(pool.startedForCalls).as("starts that a call waited for").isEqualTo(coldBefore);
        assertThat(pool.aliveMinutes).as("of 600 minutes").isBetween(40, 100);
        pool.passMinutes(60);
        assertThat(pool.state.alive()).isZero();
    }

    @Test
    void aFixedTimeStartsNothingAhead() {
        Pool pool = new Pool(new KeepAlive(Duration.ofMinutes(10), false));
        for (int call = 0; call < 20; call++) {
            pool.call();
            pool.passMinutes(30);
        }
        assertThat(pool.startedForCalls).isEqualTo(20);
        assertThat(pool.aliveMinutes).isBetween(200, 240);
    }

    /** One function whose starts and calls take no time. */
    private static final class Pool {
        private final PoolState state;
        private long now = MINUTE;
        private int startedForCalls;
        private int aliveMinutes;

        Pool(KeepAlive keepAlive) {
            var spec = Specs.of("f", "").keepAlive(keepAlive).spec();
            state = new PoolState(new FunctionVersion(1, "sha256:0", spec, Instant.EPOCH), 9);
        }

        void call() {
            state.arrived(now);
            Slot slot = state.take();
            if (slot == null) {
                Waiter waiter = new Waiter();
                startedForCalls++;
                begin(state.enqueue(waiter, now));
                slot = waiter.slot();
            }
            state.release(slot, now);
        }

        void passMinutes(int minutes) {
            for (int i = 0; i < minutes; i++) {
                aliveMinutes += state.alive();
                now += MINUTE;
                if (i < minutes - 1) {
                    begin(state.tidy(now));
                }
            }
        }

        private void begin(Effects effects) {
            List<StartOrder> orders = new ArrayList<>(effects.orders());
            for (StartOrder order : orders) {
                assertThat(state.confirm(order)).isTrue();
                var process =
                        new StartedProcess("i", StartKind.COLD, null, Collections.nCopies(1, null), null, Map.of());
                state.started(order, new Instance(null, order, process, null, now), 1, now);
            }
        }
    }
}
