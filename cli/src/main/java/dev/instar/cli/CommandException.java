package dev.instar.cli;

/** Ends a command with an exit status and one message, which says what to do about it. */
public sealed class CommandException extends RuntimeException permits NotFoundOnNode {
    private static final long serialVersionUID = 1L;

    private final int exitStatus;

    /** @param exitStatus one of {@link ExitStatus} */
    public CommandException(int exitStatus, String message) {
        super(message);
        this.exitStatus = exitStatus;
    }

    /** @param exitStatus one of {@link ExitStatus} */
    public CommandException(int exitStatus, String message, Throwable cause) {
        super(message, cause);
        this.exitStatus = exitStatus;
    }

    /** A file, value or option that is not acceptable. */
    public static CommandException badInput(String message) {
        return new CommandException(ExitStatus.BAD_INPUT, message);
    }

    /** Something was tried and failed. */
    public static CommandException failed(String message) {
        return new CommandException(ExitStatus.FAILED, message);
    }

    /** One of {@link ExitStatus}. */
    public int exitStatus() {
        return exitStatus;
    }
}
