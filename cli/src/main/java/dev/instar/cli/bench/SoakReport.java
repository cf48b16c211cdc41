package dev.instar.cli.bench;

import dev.instar.bench.Environment;
import dev.instar.bench.Failures;
import dev.instar.engine.SandboxReuse;
import java.util.List;
import java.util.Map;

/**
 * What many calls of many functions left of a node.
 *
 * @param environment where
 * @param functions how many functions
 * @param connections calls at a time
 * @param instances how many the functions may have at a time, all together
 * @param seed of the calls' distribution
 * @param seconds how long the calls took
 * @param answered calls that were answered as they should have been
 * @param failed calls that were not
 * @param failures how those were answered
 * @param starts right answers by how their instance came to be
 * @param ends instances that ended, by reason
 * @param sandboxes what became of sandboxes after their use
 * @param measures what the node held of the machine
 * @param complaints what the node logged above level info meanwhile
 */
public record SoakReport(
        Environment environment,
        int functions,
        int connections,
        int instances,
        long seed,
        double seconds,
        long answered,
        long failed,
        List<Failures.Group> failures,
        Map<String, Integer> starts,
        Map<String, Integer> ends,
        SandboxReuse sandboxes,
        List<Measure> measures,
        List<String> complaints) {
    public SoakReport {
        failures = List.copyOf(failures);
        measures = List.copyOf(measures);
        complaints = List.copyOf(complaints);
    }

    /**
     * One kind of what a node holds.
     *
     * @param name what is counted
     * @param before when nothing was deployed
     * @param firstHalf average of the samples of the calls' first half, without its first fifth, in which instances
     *     come to be
     * @param secondHalf average of the samples of the second half
     * @param bound how much more the second average may be
     * @param grew whether it was more than that
     * @param after when everything was removed again
     * @param left whether more was there than before, beyond what may differ
     */
    public record Measure(
            String name,
            double before,
            double firstHalf,
            double secondHalf,
            double bound,
            boolean grew,
            double after,
            boolean left) {}

    /** Whether every call was answered, nothing grew and nothing was left. */
    public boolean clean() {
        return failed == 0 && measures.stream().noneMatch(measure -> measure.grew() || measure.left());
    }
}
