package dev.instar.engine;

import java.time.Duration;

/**
 * How long an idle instance stays.
 *
 * @param time how long, or where the arrivals say nothing, if it goes by them
 * @param byArrivals whether the times between the function's own calls decide
 */
public record KeepAlive(Duration time, boolean byArrivals) {
    /** Ten minutes. */
    public static final KeepAlive DEFAULT = new KeepAlive(Duration.ofMinutes(10), false);
    /** By the function's own calls; ten minutes until there are enough of them. */
    public static final KeepAlive BY_ARRIVALS = new KeepAlive(DEFAULT.time, true);

    /** @throws InvalidRequestException if negative */
    public KeepAlive {
        if (time.isNegative()) {
            throw new InvalidRequestException("keepAlive must not be negative");
        }
    }
}
