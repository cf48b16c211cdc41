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

    private final List<Placed> units = new ArrayList<>();

    /** The pages of each that are taken. */
    private final List<BitSet> windows = new ArrayList<>();

    /** For each page, a window below which all have it taken. */
    private final int[] lowest = new int[Window.PAGES];

    private SegmentLayout() {}

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
        SegmentLayout layout = new SegmentLayout();
        longestFirst.forEach(layout::place);
        layout.units.sort(Comparator.comparingLong(Placed::offset));
        return layout;
    }

    private void place(List<Unit> run) {
        int window = firstFit(run);
        for (Unit unit : run) {
            if (window == windows.size()) {
                windows.add(new BitSet(Window.PAGES));
            }
            windows.get(window).set(Window.firstPage(unit), Window.endPage(unit));
            units.add(new Placed(unit, (long) window * Window.SIZE + Window.within(unit.start())));
            window++;
        }
    }

    private static long length(List<Unit> run) {
        return run.stream().mapToLong(Unit::length).sum();
    }

    private int firstFit(List<Unit> run) {
        int window = 0;
        for (int page = Window.firstPage(run.getFirst()); page < Window.endPage(run.getFirst()); page++) {
            window = Math.max(window, firstWithout(page));
        }
        while (!fits(window, run)) {
            window++;
        }
        return window;
    }

    /** Spares the search those windows that many units alike have filled. */
    private int firstWithout(int page) {
        while (lowest[page] < windows.size() && windows.get(lowest[page]).get(page)) {
            lowest[page]++;
        }
        return lowest[page];
    }

    private boolean fits(int first, List<Unit> run) {
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
