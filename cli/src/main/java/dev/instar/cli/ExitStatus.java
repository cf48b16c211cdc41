package dev.instar.cli;

/** Exit statuses of the {@code instar} command. */
public final class ExitStatus {
    /** Done. */
    public static final int OK = 0;
    /** It was tried and failed, or what was named does not exist. */
    public static final int FAILED = 1;
    /** The command line, a file or a value is not acceptable; nothing has changed. */
    public static final int BAD_INPUT = 2;
    /** The node could not be reached, or did not accept the credentials. */
    public static final int NO_ACCESS = 3;

    private ExitStatus() {}
}
