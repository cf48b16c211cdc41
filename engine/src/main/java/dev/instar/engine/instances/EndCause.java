package dev.instar.engine.instances;

import java.util.Locale;

/** Why an instance was ended. */
enum EndCause {
    /** It was idle for longer than its function's keep-alive. */
    IDLE("it was idle for too long"),
    /** Idle, it yielded to the node's memory bound. */
    EVICTED_MEMORY("its memory was needed elsewhere"),
    /** Idle, it yielded its sandbox to a start that had none. */
    EVICTED_SANDBOX("its sandbox was needed elsewhere"),
    /** Idle, it yielded to another function of its namespace, whose quota was used up. */
    EVICTED_QUOTA("another function of its namespace needed its share of the quota"),
    /** Between two calls, it yielded to a start that had waited while its own function or tenant had more. */
    YIELDED("another function waited for an instance"),
    /** Its version is no longer the current one. */
    REPLACED("another version of the function is current"),
    /** Fewer instances were asked for. */
    SCALED("fewer instances were asked for"),
    /** An operator asked for its end. */
    KILLED("an administrator asked for its end"),
    /** Its function was removed. */
    REMOVED("its function was removed"),
    /** Its process ended, or broke the protocol. */
    CRASHED("its process ended"),
    /** A call on it passed its deadline. */
    DEADLINE("another call on it passed its deadline"),
    /** The caller went away in the middle of its request, so nothing more can be said on the channel. */
    ABANDONED("the caller of another call on it went away"),
    /** The node is closing. */
    CLOSED("the node is closing");

    private final String explanation;

    EndCause(String explanation) {
        this.explanation = explanation;
    }

    /** The word in metrics. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** For people: completes "the instance was ended because …". */
    String explanation() {
        return explanation;
    }
}
