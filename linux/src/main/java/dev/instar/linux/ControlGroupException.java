package dev.instar.linux;

/** A control group could not be made, read, changed or removed. The message names the file and what to do. */
public final class ControlGroupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ControlGroupException(String message) {
        super(message);
    }

    public ControlGroupException(String message, Throwable cause) {
        super(message, cause);
    }
}
