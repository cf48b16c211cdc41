package dev.instar.engine.async;

import dev.instar.runtime.HeaderField;
import java.time.Duration;
import java.util.List;

/**
 * How one attempt of an asynchronous call went.
 *
 * @param status the handler's, or the one that stands for the failure
 * @param headers of the reply; empty after a failure
 * @param body of the reply as far as it was kept; after a failure its message
 * @param cutOff whether the body was longer than what was kept
 * @param failure why it failed; empty if the handler answered
 * @param retryable whether another attempt may go better
 * @param took from its beginning to its end
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
record Outcome(
        int status,
        List<HeaderField> headers,
        byte[] body,
        boolean cutOff,
        String failure,
        boolean retryable,
        Duration took) {
    boolean succeeded() {
        return failure.isEmpty() && status < 500;
    }

    /** For the dead-letter list. */
    String reason() {
        return failure.isEmpty() ? "the handler answered with status " + status : failure;
    }
}
