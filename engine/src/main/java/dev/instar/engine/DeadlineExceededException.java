package dev.instar.engine;

/** The function did not answer within its timeout and its instance was ended: HTTP 504. */
public final class DeadlineExceededException extends EngineException {
    private static final long serialVersionUID = 1L;

    public DeadlineExceededException(String message) {
        super(message);
    }
}
