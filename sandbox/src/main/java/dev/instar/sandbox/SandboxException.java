package dev.instar.sandbox;

/**
 * A sandbox could not be made or started. The message names the phase and, for a system call, call, arguments and
 * errno.
 */
public final class SandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String phase;

    /** @param phase the step of the start that failed, in the words of the start's timings */
    public SandboxException(String phase, String message, Throwable cause) {
        super(phase + ": " + message, cause);
        this.phase = phase;
    }

    /** A failure without a deeper cause. */
    public SandboxException(String phase, String message) {
        super(phase + ": " + message);
        this.phase = phase;
    }

    /** The step of the start that failed. */
    public String phase() {
        return phase;
    }
}
