package dev.instar.cli.recovery;

import java.io.Serial;

/** The node did not answer: whether it did what it was asked to do is unknown. */
final class NodeGoneException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    NodeGoneException(Throwable cause) {
        super(cause);
    }
}
