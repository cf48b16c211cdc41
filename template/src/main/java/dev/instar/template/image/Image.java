package dev.instar.template.image;

import java.util.List;

/**
 * What a captured process consisted of, without the bytes of its pages: those are named by digest in
 * {@link Region.Content}. Immutable and self-contained, so that a node that never ran the function can build a zygote
 * from it.
 *
 * @param origin what the image depends on outside itself
 * @param process what belongs to the process as a whole
 * @param regions by ascending address, not overlapping
 * @param threads the main thread first; at least one
 * @param signalActions those that are not the default
 * @param descriptors by ascending number, but for the ones every instance is given at its start (0, 1, 2 and channels)
 */
public record Image(
        Origin origin,
        ProcessState process,
        List<Region> regions,
        List<ThreadState> threads,
        List<SignalAction> signalActions,
        List<Descriptor> descriptors) {
    public Image {
        regions = List.copyOf(regions);
        threads = List.copyOf(threads);
        signalActions = List.copyOf(signalActions);
        descriptors = List.copyOf(descriptors);
    }
}
