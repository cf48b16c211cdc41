package dev.instar.engine;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a function stands with its memory template.
 *
 * @param function the function
 * @param version number of the current version
 * @param state where it is on the way to template starts
 * @param reason why it has none, naming the object and the remedy; empty otherwise
 * @param warnings what clones share or lose, as the function's own process has reported it
 * @param image what the template consists of; null unless there is one
 */
public record TemplateStatus(
        FunctionName function,
        int version,
        State state,
        String reason,
        List<String> warnings,
        @Nullable ImageFacts image) {
    public TemplateStatus {
        warnings = List.copyOf(warnings);
    }

    /** Where a function is on the way to template starts. */
    public enum State {
        /** It asks for cold starts, or its runtime has no templates. */
        OFF,
        /** A template is being made; starts are cold meanwhile. */
        PREPARING,
        /** Starts are from the template. */
        READY,
        /** It cannot be captured, or its image cannot be used; starts are cold. */
        REFUSED;

        /** The word in answers and tables. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What a template consists of.
     *
     * @param id digest of its content
     * @param createdAt when the process was captured
     * @param contentBytes memory with content of its own
     * @param addedBytes what it added to the memory pool, padding included
     * @param sharedBytes what it shares with templates that were in the pool before
     * @param regions ranges of addresses that a clone maps
     * @param threads threads that a clone recreates
     * @param mayHoldSecrets whether the process could read secrets before it was captured
     */
    public record ImageFacts(
            String id,
            Instant createdAt,
            long contentBytes,
            long addedBytes,
            long sharedBytes,
            int regions,
            int threads,
            boolean mayHoldSecrets) {}
}
