package dev.instar.engine.async;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When something that failed is tried again: after {@code first}, then each time four times as long, up to
 * {@code longest}; each time shortened by a random part of up to a half, so that calls that failed together do not come
 * back together.
 *
 * @param attempts how often it is tried in all, at least 1
 * @param first before the second attempt
 * @param longest between two attempts
 */
public record RetryPolicy(int attempts, Duration first, Duration longest) {
    /** Five attempts, 1 s to 5 min apart. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofSeconds(1), Duration.ofMinutes(5));

    /** @throws IllegalArgumentException if out of range */
    public RetryPolicy {
        if (attempts < 1 || first.isNegative() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException("retries need at least 1 attempt and 0 <= first <= longest");
        }
    }

    /** Whether a further attempt follows this one, counted from 1. */
    boolean allowsAfter(int attempt) {
        return attempt < attempts;
    }

    /** How long to wait after this attempt, counted from 1. */
    Duration delayAfter(int attempt, RandomGenerator random) {
        double full = Math.min((double) longest.toMillis(), first.toMillis() * Math.pow(4, attempt - 1.0));
        return Duration.ofMillis(Math.round(full * (1 - random.nextDouble() / 2)));
    }
}
