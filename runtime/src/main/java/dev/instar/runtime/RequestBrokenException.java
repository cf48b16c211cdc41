package dev.instar.runtime;

/**
 * The request's body could not be read to its end after part of it had been sent. The cause is what the body's stream
 * threw. The instance was told and has dropped the call; its channel stays usable.
 */
public final class RequestBrokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RequestBrokenException(Throwable cause) {
        super("the request's body broke off: " + cause.getMessage(), cause);
    }
}
