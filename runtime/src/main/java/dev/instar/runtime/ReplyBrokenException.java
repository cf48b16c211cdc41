package dev.instar.runtime;

import java.io.IOException;

/** The handler failed after it had begun its reply. The channel stays usable. */
public final class ReplyBrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient HandlerFailure failure;

    public ReplyBrokenException(HandlerFailure failure) {
        super("the reply broke off: " + failure.type() + ": " + failure.message());
        this.failure = failure;
    }

    /** What the shim reported. */
    public HandlerFailure failure() {
        return failure;
    }
}
