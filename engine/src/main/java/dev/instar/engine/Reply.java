package dev.instar.engine;

import dev.instar.runtime.HeaderField;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Where an invocation's reply goes. */
@FunctionalInterface
public interface Reply {
    /**
     * Begins the reply; called once, on the thread that invokes.
     *
     * @param bodyLength length of the body, or −1 if it is streamed
     * @return takes the body; the invoker closes it after the last byte
     * @throws IOException if the caller has gone
     */
    OutputStream begin(int status, List<HeaderField> headers, ServedBy servedBy, long bodyLength) throws IOException;
}
