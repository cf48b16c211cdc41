package dev.instar.engine;

/**
 * What a namespace may use; 0 means without bound.
 *
 * @param functions deployed functions
 * @param instances instances alive
 * @param memoryBytes sum of the memory limits of its instances
 * @param callsPerSecond calls accepted, with a burst of one second's worth
 * @param diskBytes stored code
 */
public record Quota(int functions, int instances, long memoryBytes, int callsPerSecond, long diskBytes) {
    /** No bounds. */
    public static final Quota UNBOUNDED = new Quota(0, 0, 0, 0, 0);

    /** @throws InvalidRequestException if negative */
    public Quota {
        if (functions < 0 || instances < 0 || memoryBytes < 0 || callsPerSecond < 0 || diskBytes < 0) {
            throw new InvalidRequestException("a quota must not be negative");
        }
    }
}
