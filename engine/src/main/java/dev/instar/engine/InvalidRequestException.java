package dev.instar.engine;

/** The request is not well-formed or asks for what cannot be: HTTP 400, exit status 2. Nothing has changed. */
public final class InvalidRequestException extends EngineException {
    private static final long serialVersionUID = 1L;

    public InvalidRequestException(String message) {
        super(message);
    }
}
