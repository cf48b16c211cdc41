package dev.instar.cli;

/** The node does not have what was named. */
public final class NotFoundOnNode extends CommandException {
    private static final long serialVersionUID = 1L;

    public NotFoundOnNode(String message) {
        super(ExitStatus.FAILED, message);
    }
}
