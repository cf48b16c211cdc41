package dev.instar.sandbox;

import java.time.Duration;
import java.util.Map;

/**
 * What became of sandboxes whose use had ended, since the pool was opened.
 *
 * @param repurposed how many times one was cleaned, checked and made ready again
 * @param networksReplaced how many of these times it got another network namespace
 * @param destroyed how many were destroyed, by reason; reasons that never occurred are missing
 * @param cleaning time spent on those that were made ready again, all together
 */
public record SandboxTurnover(
        long repurposed, long networksReplaced, Map<Destruction, Long> destroyed, Duration cleaning) {
    /** Nothing yet. */
    public static final SandboxTurnover NONE = new SandboxTurnover(0, 0, Map.of(), Duration.ZERO);

    public SandboxTurnover {
        destroyed = Map.copyOf(destroyed);
    }
}
