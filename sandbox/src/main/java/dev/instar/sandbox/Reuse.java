package dev.instar.sandbox;

import java.time.Duration;

/**
 * How long sandboxes are used again. There is one way to become ready again, the full cleaning and the full check,
 * whoever has had the sandbox and whoever gets it.
 *
 * @param on whether they are used again at all
 * @param longestUse how long after it was built a sandbox may still be made ready again
 * @param uses how many instances one may serve
 */
public record Reuse(boolean on, Duration longestUse, int uses) {
    /** For an hour, a thousand times. */
    public static final Reuse DEFAULT = new Reuse(true, Duration.ofHours(1), 1000);

    /** Each sandbox serves one instance. */
    public static final Reuse OFF = new Reuse(false, Duration.ofHours(1), 1);

    /** @throws IllegalArgumentException if a bound is not positive */
    public Reuse {
        if (longestUse.isNegative() || longestUse.isZero()) {
            throw new IllegalArgumentException("the longest use must be positive");
        }
        if (uses < 1) {
            throw new IllegalArgumentException("uses must be at least 1");
        }
    }
}
