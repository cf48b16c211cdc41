package dev.instar.sandbox;

/**
 * A sandbox could not be made or started. The message names the phase and, for a system call, call, arguments and
 * errno.
 */
public final class SandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String phase;
    private final boolean exhausted;

    /** @param phase the step of the start that failed, in the words of the start's timings */
    public SandboxException(String phase, String message, Throwable cause) {
        super(phase + ": " + message, cause);
        this.phase = phase;
        this.exhausted = false;
    }

    /** A failure without a deeper cause. */
    public SandboxException(String phase, String message) {
        this(phase, message, false);
    }

    private SandboxException(String phase, String message, boolean exhausted) {
        super(phase + ": " + message);
        this.phase = phase;
        this.exhausted = exhausted;
    }

    /** Nothing is broken, but all sandboxes that there may be are in use. */
    public static SandboxException exhausted(int maximum) {
        return new SandboxException("sandbox", "all " + maximum + " sandboxes of the node are in use", true);
    }

    /** Whether there was no sandbox left, so that trying again is worthwhile once one has been given back. */
    public boolean exhausted() {
        return exhausted;
    }

    /** The step of the start that failed. */
    public String phase() {
        return phase;
    }
}
