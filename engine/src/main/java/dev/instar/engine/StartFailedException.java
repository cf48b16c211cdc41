package dev.instar.engine;

import org.jspecify.annotations.Nullable;

/** No instance could be started; names the phase that failed: HTTP 502. */
public final class StartFailedException extends EngineException {
    private static final long serialVersionUID = 1L;

    private final String phase;

    /** @param phase the phase of the start that failed, such as {@code sandbox}, {@code execute} or {@code init} */
    public StartFailedException(String phase, String message, @Nullable Throwable cause) {
        super("start failed in phase " + phase + ": " + message, cause);
        this.phase = phase;
    }

    /** The phase that failed. */
    public String phase() {
        return phase;
    }
}
