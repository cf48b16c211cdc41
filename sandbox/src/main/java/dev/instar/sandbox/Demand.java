package dev.instar.sandbox;

/**
 * How many sandboxes to keep ready: a quarter of those taken within the last second, between a floor and a ceiling,
 * since building or cleaning one takes far less than a quarter of a second; when fewer are taken, a quarter of what is
 * above that goes each second, and at least one. With a floor of 0 none is, ever. Not thread-safe.
 */
final class Demand {
    /** In parts of a second: how long what is taken may take to be replaced. */
    private static final int HORIZON = 4;

    private static final int SLOWNESS = 4;

    private final int floor;
    private final int ceiling;
    private int target;
    private int taken;

    /** @param ceiling at least {@code floor} */
    Demand(int floor, int ceiling) {
        this.floor = floor;
        this.ceiling = ceiling;
        this.target = floor;
    }

    /** One was taken. */
    void taken() {
        taken++;
    }

    /** To be called once a second. */
    void secondPassed() {
        int wanted = floor == 0 ? 0 : Math.clamp(Math.ceilDiv(taken, HORIZON), floor, ceiling);
        taken = 0;
        target = Math.max(wanted, target - share(target - wanted));
    }

    /** Fewer ready ones than this are added to by building. */
    int target() {
        return target;
    }

    /**
     * Up to so many are kept of those that come back from use: twice the target, since with as many to spare, what is
     * taken is replaced by what comes back and nothing has to be built.
     */
    int most() {
        return Math.min(ceiling, 2 * target);
    }

    /** How many of {@code ready} to let go of this second. */
    int surplus(int ready) {
        return share(ready - target);
    }

    private static int share(int excess) {
        return excess <= 0 ? 0 : Math.max(1, excess / SLOWNESS);
    }
}
