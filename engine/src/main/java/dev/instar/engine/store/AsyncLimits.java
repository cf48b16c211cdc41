package dev.instar.engine.store;

/**
 * Bounds of the queue of asynchronous calls.
 *
 * @param callsPerNamespace calls waiting or running, of one namespace
 * @param bodyBytes length of one body
 * @param totalBodyBytes bodies of all calls together
 */
public record AsyncLimits(long callsPerNamespace, long bodyBytes, long totalBodyBytes) {
    /** 100,000 calls of a namespace, 16 MiB for a body, 4 GiB together. */
    public static final AsyncLimits DEFAULT = new AsyncLimits(100_000, 16L << 20, 4L << 30);
}
