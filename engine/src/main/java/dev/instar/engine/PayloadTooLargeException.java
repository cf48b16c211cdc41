package dev.instar.engine;

/** A body is larger than its limit: HTTP 413. */
public final class PayloadTooLargeException extends EngineException {
    private static final long serialVersionUID = 1L;

    public PayloadTooLargeException(String message) {
        super(message);
    }
}
