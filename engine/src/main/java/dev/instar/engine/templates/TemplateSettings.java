package dev.instar.engine.templates;

import java.time.Duration;

/**
 * Bounds of templates on a node.
 *
 * @param poolBytes memory for template pages
 * @param extraRegions how many more regions a template may have so that it shares pages with others
 * @param idle how long a zygote stays that nobody asks for
 * @param retry how long after a failure the next attempt is made; doubled each time up to sixteen times this
 */
public record TemplateSettings(long poolBytes, int extraRegions, Duration idle, Duration retry) {
    /** @throws IllegalArgumentException if out of range */
    public TemplateSettings {
        if (poolBytes < 1 << 21 || extraRegions < 0 || idle.isNegative() || retry.toMillis() < 1) {
            throw new IllegalArgumentException("template settings out of range");
        }
    }
}
