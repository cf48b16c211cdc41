package dev.instar.runtime;

/** How a clone's waking up went. */
public sealed interface WakeResult {
    /** The process has its own identity and random streams, its after-restore hooks went well, and it serves calls. */
    record Awake() implements WakeResult {}

    /**
     * An after-restore hook failed, or a random source could not be reseeded; the shim ends its process.
     *
     * @param type the error's class, such as {@code ConnectionRefusedError}
     * @param message fit to be shown to the function's owner
     * @param trace stack trace; may be empty
     */
    record WakeFailure(String type, String message, String trace) implements WakeResult {}
}
