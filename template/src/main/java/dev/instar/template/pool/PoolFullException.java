package dev.instar.template.pool;

import java.io.IOException;

/** A template does not fit into its pool; nothing of it has been kept. */
public final class PoolFullException extends IOException {
    private static final long serialVersionUID = 1L;

    PoolFullException(long needed, long stored, long limit) {
        super("the template needs " + needed + " bytes of the pool, which holds " + stored + " of at most " + limit);
    }

    PoolFullException(long needed, Exception cause) {
        super(
                "the template needs " + needed + " bytes of the pool, and there is no room: " + cause.getMessage(),
                cause);
    }
}
