package dev.instar.gateway;

import io.helidon.http.Header;
import java.util.List;

/** A request that the gateway itself turns down, with status, message and headers of the answer. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<Header> headers;

    Refusal(int status, String message, Header... headers) {
        // no stack trace: refusals are ordinary answers, and attackers should not make them expensive
        super(message, null, false, false);
        this.status = status;
        this.headers = List.of(headers);
    }

    int status() {
        return status;
    }

    List<Header> headers() {
        return headers;
    }
}
