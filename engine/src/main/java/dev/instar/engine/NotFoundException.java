package dev.instar.engine;

/** The function, version, namespace, secret or token named does not exist: HTTP 404. */
public final class NotFoundException extends EngineException {
    private static final long serialVersionUID = 1L;

    public NotFoundException(String message) {
        super(message);
    }
}
