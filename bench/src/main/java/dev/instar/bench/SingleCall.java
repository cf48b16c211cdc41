package dev.instar.bench;

import java.io.IOException;
import java.util.Map;

/** One call over a connection of its own. */
public final class SingleCall {
    private SingleCall() {}

    /**
     * How a call was answered.
     *
     * @param status HTTP status
     * @param start how its instance came to be, as the node says; empty if it does not
     * @param totalNanos from sending to the last byte of the reply, the connection made before
     * @param phaseNanos times of its phases by name
     * @param failure the reply's body if the status is not 200
     */
    public record Answer(int status, String start, long totalNanos, Map<String, Long> phaseNanos, String failure) {}

    /**
     * Makes the call for its answer's sake.
     *
     * @return the reply's body
     * @throws IOException if it is not answered with status 200
     */
    public static byte[] body(CallLoad load, String contentType) throws IOException {
        try (HttpConnection connection = new HttpConnection(load, HttpConnection.requestOf(load, contentType))) {
            connection.keepBodies();
            HttpConnection.Answer answer = connection.call();
            if (answer.status() != 200) {
                throw new IOException("status " + answer.status() + ": " + answer.text());
            }
            return answer.body();
        }
    }

    /**
     * Makes the call; the load's duration and number of connections have no meaning here.
     *
     * @throws IOException if it is not answered
     */
    public static Answer run(CallLoad load) throws IOException {
        try (HttpConnection connection = new HttpConnection(load)) {
            long begin = System.nanoTime();
            HttpConnection.Answer answer = connection.call();
            return new Answer(
                    answer.status(), answer.start(), System.nanoTime() - begin, answer.phaseNanos(), answer.text());
        }
    }
}
