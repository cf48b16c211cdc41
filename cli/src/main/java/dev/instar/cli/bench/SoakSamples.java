package dev.instar.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a node held, sample by sample, and what is made of it. Used by one thread. */
final class SoakSamples {
    /** In the first part of the calls instances, seats and zygotes come to be. */
    private static final double WARM_UP = 0.2;

    private final List<Sample> samples = new ArrayList<>();

    /** @param done the part of all calls that had been made, from 0 to 1 */
    private record Sample(double done, NodeCensus census) {}

    /**
     * A kind of what is held, and how much of it is no growth.
     *
     * @param floor a difference this small is none
     * @param share nor one that is this small compared with what there is
     * @param slack how much more may be there in the end than in the beginning
     */
    private record Kind(String name, ToDoubleFunction<NodeCensus> of, double floor, double share, double slack) {}

    /** The node's own process keeps threads, connections and memory for later; the other nodes' groups are not its. */
    private static final List<Kind> KINDS = List.of(
            new Kind("processes", NodeCensus::processes, 8, 0.1, 0),
            new Kind("threads", NodeCensus::threads, 16, 0.1, 0),
            new Kind("mounts", NodeCensus::mounts, 64, 0.1, 0),
            new Kind("namespaces", NodeCensus::namespaces, 16, 0.1, 0),
            new Kind("control groups", NodeCensus::controlGroups, 24, 0.1, 0),
            new Kind("descriptors", NodeCensus::descriptors, 32, 0.1, 32),
            new Kind("resident KiB of the node", NodeCensus::residentKib, 64 << 10, 0.2, Double.POSITIVE_INFINITY),
            new Kind("memory groups of the machine", NodeCensus::memoryGroups, 100, 0.2, Double.POSITIVE_INFINITY));

    void add(double done, NodeCensus census) {
        samples.add(new Sample(done, census));
    }

    /** Whether there is no more of anything than before, beyond what may differ. */
    static boolean isRestored(NodeCensus before, NodeCensus after) {
        return KINDS.stream().noneMatch(kind -> isLeft(kind, before, after));
    }

    /**
     * All kinds.
     *
     * @param before when nothing was deployed
     * @param after when everything had been removed
     */
    List<SoakReport.Measure> measures(NodeCensus before, NodeCensus after) {
        double middle = WARM_UP + (1 - WARM_UP) / 2;
        return KINDS.stream()
                .map(kind -> {
                    double first = average(kind, WARM_UP, middle);
                    double second = average(kind, middle, 1.01);
                    double bound = Math.max(kind.floor(), kind.share() * first);
                    return new SoakReport.Measure(
                            kind.name(),
                            kind.of().applyAsDouble(before),
                            first,
                            second,
                            bound,
                            second - first > bound,
                            kind.of().applyAsDouble(after),
                            isLeft(kind, before, after));
                })
                .toList();
    }

    private static boolean isLeft(Kind kind, NodeCensus before, NodeCensus after) {
        return kind.of().applyAsDouble(after) > kind.of().applyAsDouble(before) + kind.slack();
    }

    private double average(Kind kind, double from, double to) {
        return samples.stream()
                .filter(sample -> sample.done() >= from && sample.done() < to)
                .mapToDouble(sample -> kind.of().applyAsDouble(sample.census()))
                .average()
                .orElse(0);
    }
}
