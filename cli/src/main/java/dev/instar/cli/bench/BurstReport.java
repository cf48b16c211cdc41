package dev.instar.cli.bench;

import dev.instar.bench.Burst;
import dev.instar.bench.Distribution;
import dev.instar.bench.Environment;
import dev.instar.bench.Failures;
import java.util.List;
import java.util.Map;

/**
 * What bursts of calls came to.
 *
 * @param environment where
 * @param calls how many at once
 * @param repeat how many bursts of each kind, in turns
 * @param results by function
 */
public record BurstReport(Environment environment, int calls, int repeat, List<Result> results) {
    public BurstReport {
        results = List.copyOf(results);
    }

    /**
     * One function's bursts.
     *
     * @param template bursts on no instance, started from the template
     * @param warm the same on as many idle instances as the burst before had made
     * @param cold bursts on no instance, started cold
     * @param coldToTemplate how many times as long as from the template a burst takes cold
     * @param templateToWarm how many times as long as warm a burst takes from the template
     */
    public record Result(
            String function, Bursts template, Bursts warm, Bursts cold, Ratios coldToTemplate, Ratios templateToWarm) {
        /** Made of its bursts. */
        static Result of(String function, Bursts template, Bursts warm, Bursts cold) {
            return new Result(function, template, warm, cold, cold.to(template), template.to(warm));
        }

        /** Whether every call of every burst was answered as it should have been. */
        public boolean complete() {
            return template.failed() + warm.failed() + cold.failed() == 0;
        }
    }

    /**
     * Bursts of one kind; the figures are medians of theirs.
     *
     * @param lastAnswerMs until all calls were answered
     * @param p50Ms until half of them were
     * @param p99Ms until nearly all of them were
     * @param failed calls that failed in all of them
     * @param each the bursts, in order
     */
    public record Bursts(double lastAnswerMs, double p50Ms, double p99Ms, long failed, List<One> each) {
        public Bursts {
            each = List.copyOf(each);
        }

        /** Made of single ones. */
        static Bursts of(List<One> each) {
            return new Bursts(
                    median(each.stream().map(One::lastAnswerMs).toList()),
                    median(each.stream().map(one -> one.ms().p50()).toList()),
                    median(each.stream().map(one -> one.ms().p99()).toList()),
                    each.stream()
                            .flatMap(one -> one.failures().stream())
                            .mapToLong(Failures.Group::count)
                            .sum(),
                    each);
        }

        private Ratios to(Bursts other) {
            return new Ratios(
                    ratio(lastAnswerMs, other.lastAnswerMs), ratio(p50Ms, other.p50Ms), ratio(p99Ms, other.p99Ms));
        }

        private static double ratio(double one, double other) {
            return other == 0 ? 0 : one / other;
        }

        private static double median(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            int half = sorted.size() / 2;
            return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
        }
    }

    /**
     * One burst.
     *
     * @param lastAnswerMs until all calls were answered
     * @param ms until each right answer was there
     * @param instancesBefore instances that were idle
     * @param instances how many were alive afterwards
     * @param answering how many of them answered calls
     * @param starts calls by how their instance came to be
     * @param chargedKibBefore memory charged to all of the node's instances before
     * @param chargedKib the same afterwards
     * @param failures calls that were not answered, or not as a cold start answers them
     */
    public record One(
            double lastAnswerMs,
            Distribution ms,
            int instancesBefore,
            int instances,
            int answering,
            Map<String, Integer> starts,
            long chargedKibBefore,
            long chargedKib,
            List<Failures.Group> failures) {
        /** Made of what came back. */
        static One of(Burst.Outcome outcome, int before, int after, long chargedBefore, long charged) {
            return new One(
                    outcome.lastMs(),
                    outcome.ms(),
                    before,
                    after,
                    outcome.instances(),
                    outcome.starts(),
                    chargedBefore / 1024,
                    charged / 1024,
                    outcome.failures());
        }
    }

    /** Of the three figures of two kinds of bursts; 0 where there is nothing to divide by. */
    public record Ratios(double lastAnswer, double p50, double p99) {}
}
