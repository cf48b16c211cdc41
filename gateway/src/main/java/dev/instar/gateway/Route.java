package dev.instar.gateway;

import java.io.IOException;

/**
 * One operation of the gateway's API.
 *
 * @param method HTTP method; {@code *} for all
 * @param template path with parameters in braces, such as {@code /system/function/{name}}
 */
record Route(String method, String template, Access access, Handler handler) {
    /** Answers a request. */
    @FunctionalInterface
    interface Handler {
        /** @throws IOException if the client has gone */
        void handle(Exchange exchange) throws IOException;
    }
}
