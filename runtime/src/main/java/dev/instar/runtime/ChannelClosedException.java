package dev.instar.runtime;

/** The channel came to its end: the instance's process has gone, or this side closed the channel. */
public final class ChannelClosedException extends ChannelException {
    private static final long serialVersionUID = 1L;

    public ChannelClosedException(String message) {
        super(message);
    }

    public ChannelClosedException(String message, Throwable cause) {
        super(message, cause);
    }
}
