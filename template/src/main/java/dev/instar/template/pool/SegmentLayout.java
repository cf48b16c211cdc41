package dev.instar.template.pool;

import dev.instar.template.image.Region.Unit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Where in a segment units go, so that each lies as in its 2 MiB window in memory and little is left between them.
 *
 * <p>Neighbouring units stay neighbours: a run of them is placed as a whole, its first and last windows shared with
 * whatever leaves room there. Runs are placed longest first, each at the first windows that have room (first fit; for
 * intervals that cannot be shifted this needs few windows more than the deepest overlap).
 */
final class SegmentLayout {
    /**
     * Windows that are filled less than this are stored in pages of 4 KiB, without padding: only a window that is
     * mapped as a whole gets by with one fault, so a huge page would waste the rest for nothing.
     */
    private static final int DENSE_PAGES = Window.PAGES * 3 / 4;

    private final List<Placed> units;
    private final List<BitSet> windows;

    private SegmentLayout(List<Placed> units, List<BitSet> windows) {
        this.units = units;
        this.windows = windows;
    }

    /** A unit and its offset in the segment. */
    record Placed(Unit unit, long offset) {}

    /**
     * Lays out runs of units.
     *
     * @param runs each unit starts where the one before it in the run ends
     */
    static SegmentLayout of(List<List<Unit>> runs) {
        List<List<Unit>> longestFirst = new ArrayList<>(runs);
        longestFirst.sort(
                Comparator.<List<Unit>>comparingLong(run -> length(run)).reversed());
        List<BitSet> windows = new ArrayList<>();
        List<Placed> placed = new ArrayList<>();
        for (List<Unit> run : longestFirst) {
            int window = firstFit(windows, run);
            for (int i = 0; i < run.size(); i++) {
                Unit unit = run.get(i);
                if (window + i == windows.size()) {
                    windows.add(new BitSet(Window.PAGES));
                }
                windows.get(window + i).set(Window.firstPage(unit), Window.endPage(unit));
                placed.add(new Placed(unit, (long) (window + i) * Window.SIZE + Window.within(unit.start())));
            }
        }
        placed.sort(Comparator.comparingLong(Placed::offset));
        return new SegmentLayout(placed, windows);
    }

    private static long length(List<Unit> run) {
        return run.stream().mapToLong(Unit::length).sum();
    }

    private static int firstFit(List<BitSet> windows, List<Unit> run) {
        int window = 0;
        while (!fits(windows, window, run)) {
            window++;
        }
        return window;
    }

    private static boolean fits(List<BitSet> windows, int first, List<Unit> run) {
        for (int i = 0; i < run.size() && first + i < windows.size(); i++) {
            int nextUsed = windows.get(first + i).nextSetBit(Window.firstPage(run.get(i)));
            if (nextUsed >= 0 && nextUsed < Window.endPage(run.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** By ascending offset. */
    List<Placed> units() {
        return units;
    }

    /** Size of the segment in bytes: whole windows. */
    long size() {
        return (long) windows.size() * Window.SIZE;
    }

    /** Whether the window that an offset lies in is worth a huge page. */
    boolean isDense(long offset) {
        return windows.get((int) (offset / Window.SIZE)).cardinality() >= DENSE_PAGES;
    }

    /** What storing it takes if every dense window gets a huge page. */
    long storedBytes() {
        return windows.stream()
                .mapToLong(window ->
                        window.cardinality() >= DENSE_PAGES ? Window.SIZE : (long) window.cardinality() * Window.PAGE)
                .sum();
    }
}
