package dev.instar.bench;

import org.HdrHistogram.Histogram;

/**
 * What a set of times looks like, in milliseconds.
 *
 * @param min the smallest
 * @param p50 the median
 * @param p90 nine of ten are at most this
 * @param p99 ninety-nine of a hundred are at most this
 * @param max the largest
 */
public record Distribution(double min, double p50, double p90, double p99, double max) {
    private static final double NANOS_PER_MILLI = 1e6;

    /** Of a histogram of nanoseconds; all zero if it is empty. */
    public static Distribution of(Histogram nanos) {
        if (nanos.getTotalCount() == 0) {
            return new Distribution(0, 0, 0, 0, 0);
        }
        return new Distribution(
                nanos.getMinValue() / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(50) / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(90) / NANOS_PER_MILLI,
                nanos.getValueAtPercentile(99) / NANOS_PER_MILLI,
                nanos.getMaxValue() / NANOS_PER_MILLI);
    }

    /** A histogram for nanoseconds up to ten minutes with three significant digits. */
    public static Histogram newHistogram() {
        return new Histogram(600_000_000_000L, 3);
    }
}
