package dev.instar.engine;

import java.util.List;

/**
 * A deployed function as it stands now.
 *
 * @param current the version that new calls go to
 * @param versions all kept version numbers, ascending
 * @param replicas instances alive
 * @param idle instances waiting for a call
 * @param queued calls waiting for an instance
 * @param invocations calls answered since the node's start
 * @param requestedReplicas what {@code scale} asked to keep alive
 * @param privateBytes private memory of its instances together, as last sampled
 * @param sharedBytes shared memory of its instances together, as last sampled
 */
public record FunctionStatus(
        FunctionVersion current,
        List<Integer> versions,
        int replicas,
        int idle,
        int queued,
        long invocations,
        int requestedReplicas,
        long privateBytes,
        long sharedBytes) {}
