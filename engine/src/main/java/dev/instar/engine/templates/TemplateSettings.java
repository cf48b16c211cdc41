package dev.instar.engine.templates;

import dev.instar.engine.MachineMemory;
import java.time.Duration;

/**
 * Bounds of templates on a node.
 *
 * @param poolBytes memory for template pages; at least 2 MiB
 * @param extraRegions how many more regions a template may have so that it shares pages with others
 * @param seats whether a clone of each template in use waits in a sandbox ahead of the next start
 * @param idle how long a zygote stays that nobody asks for
 * @param retry how long after a failure the next attempt is made; doubled each time up to sixteen times this
 */
public record TemplateSettings(long poolBytes, int extraRegions, boolean seats, Duration idle, Duration retry) {
    private static final int SHARE_OF_MEMORY = 8;
    private static final int EXTRA_REGIONS = 64;

    /** @throws IllegalArgumentException if out of range */
    public TemplateSettings {
        if (poolBytes < 1 << 21) {
            throw new IllegalArgumentException("the memory for templates must be at least 2Mi");
        }
        if (extraRegions < 0 || extraRegions > 10_000) {
            throw new IllegalArgumentException("extra regions must be between 0 and 10000");
        }
        if (idle.toMillis() < 1 || retry.toMillis() < 1) {
            throw new IllegalArgumentException("times must be positive");
        }
    }

    /** An eighth of the machine's memory, 64 further regions, seats, an hour, and a second. */
    public static TemplateSettings defaults() {
        return new TemplateSettings(
                MachineMemory.totalBytes() / SHARE_OF_MEMORY,
                EXTRA_REGIONS,
                true,
                Duration.ofHours(1),
                Duration.ofSeconds(1));
    }
}
