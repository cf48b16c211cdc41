package dev.instar.engine;

/** The node's store or disk cannot take the change: HTTP 507. Nothing has changed. */
public final class StorageException extends EngineException {
    private static final long serialVersionUID = 1L;

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
