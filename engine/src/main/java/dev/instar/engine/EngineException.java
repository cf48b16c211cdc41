package dev.instar.engine;

import org.jspecify.annotations.Nullable;

/**
 * The root of what the engine reports to its callers. The message is fit to be shown to the user who made the request.
 */
public abstract class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    protected EngineException(String message) {
        super(message);
    }

    protected EngineException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
