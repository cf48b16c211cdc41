package dev.instar.engine;

/**
 * The node as a whole.
 *
 * @param draining whether new calls are refused while running ones finish
 * @param instances instances alive
 * @param sandboxesReady prepared sandboxes
 * @param running calls being served
 * @param queued calls waiting for an instance
 * @param memoryBytes charged to all workloads
 * @param memoryBoundBytes where eviction begins
 * @param launchersLost how many times since the node's start all sandboxes were lost because what makes them was killed
 * @param sandboxReuse what became of sandboxes after their use
 */
public record NodeStatus(
        boolean draining,
        int instances,
        int sandboxesReady,
        int running,
        int queued,
        long memoryBytes,
        long memoryBoundBytes,
        long launchersLost,
        SandboxReuse sandboxReuse) {}
