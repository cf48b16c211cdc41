package dev.instar.template.pool;

import static dev.instar.template.image.MemoryUnits.PAGE;
import static dev.instar.template.image.MemoryUnits.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.template.image.Region.Unit;
import dev.instar.template.pool.SegmentLayout.Placed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The law of layouts: nothing overlaps, everything lies as in memory, little is left between. */
class SegmentLayoutTest {
    private static final String DIGEST = "0".repeat(64);

    private static List<Unit> run(long start, long length) {
        List<Unit> units = new ArrayList<>();
        long at = start;
        while (at < start + length) {
            long end = Math.min(start + length, (at / WINDOW + 1) * WINDOW);
            units.add(new Unit(at, (int) (end - at), DIGEST));
            at = end;
        }
        return units;
    }

    private static List<List<Unit>> runs(Random random) {
        List<List<Unit>> runs = new ArrayList<>();
        long at = 0x7f00_0000_0000L;
        int count = random.nextInt(60);
        for (int i = 0; i < count; i++) {
            at += (long) random.nextInt(2000) * PAGE;
            int pages = random.nextInt(10) == 0 ? 1 + random.nextInt(4000) : 1 + random.nextInt(60);
            runs.add(run(at, (long) pages * PAGE));
            at += (long) pages * PAGE;
        }
        return runs;
    }

    @Property(tries = 300)
    void holds(@ForAll long seed) {
        List<List<Unit>> runs = runs(new Random(seed));
        SegmentLayout layout = SegmentLayout.of(runs);
        assertThat(layout.units().stream().map(Placed::unit).collect(Collectors.toSet()))
                .isEqualTo(runs.stream().flatMap(List::stream).collect(Collectors.toSet()));
        long end = 0;
        for (Placed placed : layout.units()) {
            assertThat(placed.offset()).isGreaterThanOrEqualTo(end);
            assertThat(placed.offset() % WINDOW).isEqualTo(placed.unit().start() % WINDOW);
            end = placed.offset() + placed.unit().length();
        }
        assertThat(layout.size()).isGreaterThanOrEqualTo(end).isLessThan(end + WINDOW);
        long used = layout.units().stream()
                .mapToLong(placed -> placed.unit().length())
                .sum();
        assertThat(layout.storedBytes()).isBetween(used, used + used / 3);
        runs.forEach(run -> assertInOnePiece(layout, run));
    }

    private static void assertInOnePiece(SegmentLayout layout, List<Unit> run) {
        long offset = layout.units().stream()
                .filter(placed -> placed.unit().equals(run.getFirst()))
                .findFirst()
                .orElseThrow()
                .offset();
        for (Unit unit : run) {
            assertThat(layout.units())
                    .contains(new Placed(
                            unit, offset + unit.start() - run.getFirst().start()));
        }
    }

    /** As few windows as the deepest overlap, or nearly: what cannot be side by side needs another window anyway. */
    @Property(tries = 300)
    void smallUnitsNeedFewWindows(@ForAll long seed) {
        Random random = new Random(seed);
        List<List<Unit>> runs = new ArrayList<>();
        int[] depth = new int[WINDOW / PAGE];
        for (int i = 0; i < 200; i++) {
            int first = random.nextInt(500);
            int pages = 1 + random.nextInt(12);
            runs.add(run((long) i * WINDOW + (long) first * PAGE, (long) pages * PAGE));
            for (int page = first; page < first + pages; page++) {
                depth[page]++;
            }
        }
        int deepest = java.util.Arrays.stream(depth).max().orElseThrow();
        assertThat(SegmentLayout.of(runs).size() / WINDOW).isBetween((long) deepest, deepest + 2L + deepest / 2);
    }

    /** A function could ask for this; quadratic time would show. */
    @Test
    void manyUnitsAlikeAreLaidOutInReasonableTime() {
        List<List<Unit>> runs = new ArrayList<>();
        for (int i = 0; i < 65_000; i++) {
            runs.add(run((long) i * WINDOW + 7 * PAGE, PAGE));
        }
        SegmentLayout layout = SegmentLayout.of(runs);
        assertThat(layout.size()).isEqualTo(65_000L * WINDOW);
        assertThat(layout.storedBytes()).isEqualTo(65_000L * PAGE);
    }

    @Test
    void headAndTailOfARegionShareWindowsWithOthers() {
        List<Unit> large = run(WINDOW - 4 * PAGE, 2L * WINDOW + 8 * PAGE);
        List<Unit> behindTail = run(20L * WINDOW + 4 * PAGE, 100L * PAGE);
        List<Unit> beforeHead = run(30L * WINDOW, 508L * PAGE);
        SegmentLayout layout = SegmentLayout.of(List.of(behindTail, large, beforeHead));
        assertThat(layout.size()).isEqualTo(4L * WINDOW);
        assertThat(layout.isDense(0)).isTrue();
        assertThat(layout.isDense(3L * WINDOW)).isFalse();
        assertThat(layout.storedBytes()).isEqualTo(3L * WINDOW + 104 * PAGE);
    }
}
