package dev.instar.engine.instances;

import java.time.Duration;
import java.util.Arrays;

/**
 * The times between a function's calls, in bins of a minute over four hours, and what follows from them for its idle
 * instance: the policy of Shahrad et al., "Serverless in the Wild" (USENIX ATC 2020), without its time-series part.
 * Most calls come between the 5th and the 99th percentile after the one before: until shortly before the former nobody
 * needs an instance, and after the latter nobody does any more.
 *
 * <p>Old calls are forgotten by halving all counts from time to time. Not thread-safe; reads no clock.
 */
final class ArrivalHistogram {
    private static final int BINS = 240;
    private static final long BIN = Duration.ofMinutes(1).toNanos();
    private static final double HEAD = 0.05;
    private static final double TAIL = 0.99;
    private static final double MARGIN = 0.1;

    /** Fewer gaps than these tell nothing. */
    private static final int LEAST = 10;
    /** With so many the counts are halved. */
    private static final int MOST = 4096;
    /** With a larger share of gaps beyond the range, what lies within it does not stand for the function. */
    private static final double MOST_OUTSIDE = 0.5;
    /** Coefficient of variation of the counts below which they are spread too evenly to predict anything. */
    private static final double LEAST_VARIATION = 2;

    private final int[] bins = new int[BINS];
    private int inside;
    private int outside;
    private long last;
    private boolean called;

    /**
     * When an instance is wanted, in nanoseconds after the last call.
     *
     * @param from before it nobody needs one; 0 if one is to stay
     * @param until after it nobody needs one
     */
    record Window(long from, long until) {}

    /** A call has come. */
    void arrived(long now) {
        if (called) {
            record((now - last) / BIN);
        }
        last = now;
        called = true;
    }

    private void record(long bin) {
        if (inside + outside >= MOST) {
            Arrays.setAll(bins, i -> bins[i] / 2);
            inside = Arrays.stream(bins).sum();
            outside /= 2;
        }
        if (bin < BINS) {
            bins[(int) bin]++;
            inside++;
        } else {
            outside++;
        }
    }

    /** Nanoseconds since the last call; {@link Long#MAX_VALUE} if there was none. */
    long sinceLast(long now) {
        return called ? now - last : Long.MAX_VALUE;
    }

    /** Whether the counts tell when the next call is to be expected. */
    boolean isRepresentative() {
        int all = inside + outside;
        return all >= LEAST && outside <= MOST_OUTSIDE * all && variation() >= LEAST_VARIATION;
    }

    /** What the counts say; to be asked only if they are representative. */
    Window window() {
        long head = binOf(HEAD) * BIN;
        long tail = (binOf(TAIL) + 1) * BIN;
        return new Window(Math.round(head * (1 - MARGIN)), Math.round(tail * (1 + MARGIN)));
    }

    private long binOf(double share) {
        int wanted = Math.max(1, (int) Math.ceil(share * inside));
        int seen = 0;
        int bin = -1;
        while (seen < wanted) {
            seen += bins[++bin];
        }
        return bin;
    }

    private double variation() {
        double mean = (double) inside / BINS;
        double squares = 0;
        for (int count : bins) {
            squares += (count - mean) * (count - mean);
        }
        return Math.sqrt(squares / BINS) / mean;
    }
}
