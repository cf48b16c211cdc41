package dev.instar.engine;

import java.util.Map;

/** Hears what happens, for metrics. Called on the path of a call: implementations must be quick and must not throw. */
public interface EngineListener {
    /** A call has been accepted. */
    void invocationStarted(FunctionName function);

    /** A call has ended; {@code status} is what the caller was answered. */
    void invocationEnded(FunctionName function, int status, StartKind start, ServedBy servedBy, long totalNanos);

    /**
     * An instance is ready.
     *
     * @param phaseNanos phases of the start in order, such as sandbox, execute, init
     */
    void instanceStarted(FunctionName function, StartKind kind, Map<String, Long> phaseNanos);

    /** A start failed. */
    void startFailed(FunctionName function, String phase);

    /**
     * An instance is gone.
     *
     * @param reason {@code idle}, {@code evicted-memory}, {@code replaced}, {@code crashed}, {@code deadline}, …
     */
    void instanceEnded(FunctionName function, String reason);
}
