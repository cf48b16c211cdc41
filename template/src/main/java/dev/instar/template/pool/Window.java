package dev.instar.template.pool;

import dev.instar.template.image.Region.Unit;

/** The 2 MiB ranges that huge pages cover, aligned in memory as in files. */
final class Window {
    static final int SIZE = 2 << 20;
    static final int PAGE = 4096;
    static final int PAGES = SIZE / PAGE;

    private Window() {}

    /** Where in its window an address or offset lies. */
    static int within(long address) {
        return (int) (address & (SIZE - 1));
    }

    /** First page of a unit, counted in its window. */
    static int firstPage(Unit unit) {
        return within(unit.start()) / PAGE;
    }

    /** First page behind a unit, counted in its window. */
    static int endPage(Unit unit) {
        return firstPage(unit) + unit.length() / PAGE;
    }

    static boolean isFull(Unit unit) {
        return unit.length() == SIZE;
    }

    /** @throws IllegalArgumentException if the unit is not whole pages of one window */
    static void check(Unit unit) {
        if (unit.length() <= 0
                || unit.length() % PAGE != 0
                || unit.start() % PAGE != 0
                || within(unit.start()) + (long) unit.length() > SIZE) {
            throw new IllegalArgumentException("not whole pages of one 2 MiB window: " + unit);
        }
    }
}
