package dev.instar.engine.async;

import java.time.Duration;

/**
 * How asynchronous calls are run.
 *
 * @param workers calls run at a time; a function has at most half of them, a namespace at most three quarters
 * @param retry when a failed call is tried again
 * @param callbackTimeout how long one attempt to post a result may take
 * @param callbackAttempts how often posting a result is tried
 * @param callbackBodyBytes how much of a reply's body is posted; what is longer is cut off and marked
 * @param allowPrivateCallbacks whether results may be posted to loopback, link-local and private addresses
 */
public record AsyncSettings(
        int workers,
        RetryPolicy retry,
        Duration callbackTimeout,
        int callbackAttempts,
        int callbackBodyBytes,
        boolean allowPrivateCallbacks) {
    /** 32 workers; three attempts of 10 s to post up to 4 MiB to public addresses. */
    public static final AsyncSettings DEFAULT =
            new AsyncSettings(32, RetryPolicy.DEFAULT, Duration.ofSeconds(10), 3, 4 << 20, false);

    /** @throws IllegalArgumentException if a number is below 1 */
    public AsyncSettings {
        if (workers < 1 || callbackAttempts < 1 || callbackBodyBytes < 1 || callbackTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("settings of asynchronous calls must be at least 1");
        }
    }
}
