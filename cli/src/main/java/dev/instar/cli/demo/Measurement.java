package dev.instar.cli.demo;

import java.util.List;

/**
 * Calls of one function that were served in the same way.
 *
 * @param function its name
 * @param start the start kind's word
 * @param calls how many
 * @param startMs times that starting an instance took, as the node reports them
 * @param totalMs times from sending the request to having the whole reply, as the caller sees them
 * @param privateBytes private memory of the function's instance after its calls
 */
public record Measurement(
        String function, String start, int calls, Percentiles startMs, Percentiles totalMs, long privateBytes) {
    /** Two points of a distribution, by nearest rank. */
    public record Percentiles(double p50, double p99) {
        /** @throws IllegalArgumentException if there are no values */
        static Percentiles of(List<Double> values) {
            double[] sorted =
                    values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            if (sorted.length == 0) {
                throw new IllegalArgumentException("no values");
            }
            return new Percentiles(rank(sorted, 0.50), rank(sorted, 0.99));
        }

        private static double rank(double[] sorted, double share) {
            return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
        }
    }

    static Measurement of(String function, String start, List<TimedCall> calls, long privateBytes) {
        return new Measurement(
                function,
                start,
                calls.size(),
                Percentiles.of(calls.stream().map(TimedCall::startMs).toList()),
                Percentiles.of(calls.stream().map(TimedCall::totalMs).toList()),
                privateBytes);
    }

    /** One call. */
    record TimedCall(double startMs, double totalMs) {}
}
