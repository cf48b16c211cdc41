package dev.instar.engine;

/** The instance crashed or broke off its reply; the message names the reason: HTTP 502. */
public final class InstanceFailedException extends EngineException {
    private static final long serialVersionUID = 1L;

    public InstanceFailedException(String message) {
        super(message);
    }
}
