package dev.instar.engine;

/** The request contradicts what exists, such as creating what is there already: HTTP 409. */
public final class ConflictException extends EngineException {
    private static final long serialVersionUID = 1L;

    public ConflictException(String message) {
        super(message);
    }
}
