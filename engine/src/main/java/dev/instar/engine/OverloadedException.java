package dev.instar.engine;

import java.time.Duration;

/** A bounded queue is full, or the node is out of memory or draining: HTTP 429 or 503 with {@code Retry-After}. */
public final class OverloadedException extends EngineException {
    private static final long serialVersionUID = 1L;

    private final boolean nodeWide;
    private final Duration retryAfter;

    /**
     * @param nodeWide whether the whole node is the bottleneck (503), not this function or namespace (429)
     * @param retryAfter when trying again is worthwhile
     */
    public OverloadedException(String message, boolean nodeWide, Duration retryAfter) {
        super(message);
        this.nodeWide = nodeWide;
        this.retryAfter = retryAfter;
    }

    /** Whether the whole node is the bottleneck (503), not this function or namespace (429). */
    public boolean nodeWide() {
        return nodeWide;
    }

    /** When trying again is worthwhile. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
