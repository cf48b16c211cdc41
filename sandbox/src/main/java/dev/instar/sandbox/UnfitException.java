package dev.instar.sandbox;

/** A sandbox cannot be used again. */
final class UnfitException extends Exception {
    private static final long serialVersionUID = 1;

    private final Destruction reason;

    UnfitException(Destruction reason, String message) {
        super(message);
        this.reason = reason;
    }

    UnfitException(Destruction reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    Destruction reason() {
        return reason;
    }
}
