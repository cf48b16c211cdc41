package dev.instar.engine.instances;

/** The instance that a call was handed to had died before it could read any of it; another one may serve the call. */
final class DeadOnArrivalException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param reason why the instance died */
    DeadOnArrivalException(String reason) {
        super(reason);
    }
}
