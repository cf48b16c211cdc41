package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** How many sandboxes are kept ready. */
class DemandTest {
    private static void second(Demand demand, int taken) {
        for (int i = 0; i < taken; i++) {
            demand.taken();
        }
        demand.secondPassed();
    }

    @Test
    void followsABurstAtOnceAndForgetsItSlowly() {
        Demand demand = new Demand(8, 1000);
        assertThat(demand.target()).isEqualTo(8);
        second(demand, 399);
        assertThat(demand.target()).isEqualTo(100);
        assertThat(demand.most()).isEqualTo(200);
        second(demand, 0);
        assertThat(demand.target()).isEqualTo(77);
        for (int i = 0; i < 60; i++) {
            second(demand, 0);
        }
        assertThat(demand.target()).isEqualTo(8);
    }

    @Property
    void staysBetweenFloorAndCeilingAndCoversAQuarterOfTheLastSecond(
            @ForAll @IntRange(min = 1, max = 50) int floor,
            @ForAll @IntRange(max = 200) int room,
            @ForAll @Size(max = 30) List<@IntRange(max = 400) Integer> seconds) {
        int ceiling = floor + room;
        Demand demand = new Demand(floor, ceiling);
        int before = demand.target();
        for (int taken : seconds) {
            second(demand, taken);
            int target = demand.target();
            assertThat(target).isBetween(floor, ceiling).isGreaterThanOrEqualTo(Math.min(taken / 4, ceiling));
            assertThat(before - target).as("slowly").isLessThanOrEqualTo(Math.max(1, before / 4));
            assertThat(demand.most()).isLessThanOrEqualTo(ceiling);
            before = target;
        }
    }

    @Test
    void keepsNoneWhereNoneIsToStandReady() {
        Demand demand = new Demand(0, 1000);
        second(demand, 400);
        assertThat(demand.target()).isZero();
        assertThat(demand.most()).isZero();
    }

    @Property
    void letsGoOfWhatIsAboveTheTargetAndOfNothingElse(
            @ForAll @IntRange(max = 50) int floor, @ForAll @IntRange(max = 300) int ready) {
        Demand demand = new Demand(floor, 1000);
        int left = ready;
        for (int i = 0; i < 400 && demand.surplus(left) > 0; i++) {
            left -= demand.surplus(left);
        }
        assertThat(left).isEqualTo(Math.min(ready, floor));
    }
}
