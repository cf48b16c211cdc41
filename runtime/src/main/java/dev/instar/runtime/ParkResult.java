package dev.instar.runtime;

import java.util.List;

/** Whether a process can become a template. */
public sealed interface ParkResult {
    /** Most warnings a shim may send. */
    int MAX_WARNINGS = 64;
    /** Most characters a warning may have. */
    int MAX_WARNING_LENGTH = 1024;

    /**
     * The process has run its before-checkpoint hooks and reads its channel; it may be captured.
     *
     * @param warnings what its clones would share or lose, each naming an object and a remedy; from the function's own
     *     process, and to be shown as such
     */
    record Parked(List<String> warnings) implements ParkResult {
        /** Takes an unmodifiable copy. */
        public Parked {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The process cannot become a template, and goes on serving calls.
     *
     * @param type the error's class, such as {@code OSError}
     * @param message fit to be shown to the function's owner
     * @param trace stack trace; may be empty
     */
    record ParkFailure(String type, String message, String trace) implements ParkResult {}
}
