package dev.instar.engine;

/** A quota of the namespace would be exceeded: HTTP 429 for calls, 403 for management. */
public final class QuotaExceededException extends EngineException {
    private static final long serialVersionUID = 1L;

    public QuotaExceededException(String message) {
        super(message);
    }
}
