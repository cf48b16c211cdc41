package dev.instar.runtime;

/**
 * The channel to an instance cannot be used any more. Thrown as such, the peer broke the protocol; thrown as
 * {@link ChannelClosedException}, the peer or this side ended it.
 */
public class ChannelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ChannelException(String message) {
        super(message);
    }

    public ChannelException(String message, Throwable cause) {
        super(message, cause);
    }
}
