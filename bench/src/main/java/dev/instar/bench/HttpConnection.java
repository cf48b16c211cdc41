package dev.instar.bench;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One kept-alive HTTP/1.1 connection that sends the same request again and again. The JDK's client would cost more
 * processor time than what is measured, on the machine that is measured.
 */
final class HttpConnection implements AutoCloseable {
    /** Reply headers with the times of a call's phases, and the names the phases have in reports. */
    private static final Map<String, String> PHASES = Map.of(
            "x-instar-queue-ms", "queue",
            "x-instar-start-ms", "start",
            "x-instar-handler-ms", "handler");

    private static final List<String> WANTED = List.of(
            "content-length",
            "transfer-encoding",
            "x-instar-instance",
            "x-instar-start",
            "x-instar-queue-ms",
            "x-instar-start-ms",
            "x-instar-start-phases",
            "x-instar-handler-ms");
    private static final int TIMEOUT_MILLIS = 120_000;
    private static final int OK = 200;
    private static final byte[] NOTHING = {};

    private final Socket socket;
    private final InputStream in;
    private final byte[] request;
    private final byte[] buffer = new byte[16 * 1024];
    private boolean keepsBodies;
    private @Nullable ByteArrayOutputStream body;
    private int start;
    private int end;

    HttpConnection(CallLoad load) throws IOException {
        this(load, requestOf(load, "application/octet-stream"));
    }

    /** @param request what {@link #requestOf} makes of the load, for connections that share it */
    HttpConnection(CallLoad load, byte[] request) throws IOException {
        this.request = request;
        this.socket = new Socket(load.address().getAddress(), load.address().getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        this.in = socket.getInputStream();
    }

    /** A load's request as it goes over the wire. */
    static byte[] requestOf(CallLoad load, String contentType) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(("POST " + load.path() + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                        + load.authorization() + "\r\nContent-Type: " + contentType + "\r\nContent-Length: "
                        + load.body().length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        text.writeBytes(load.body());
        return text.toByteArray();
    }

    /**
     * A reply.
     *
     * @param headers by lower-case name
     * @param body empty if it was read and dropped, as it is unless {@link #keepBodies} was asked for or the status is
     *     not 200
     */
    record Answer(int status, Map<String, String> headers, byte[] body) {
        /** How its instance came to be, as the node says; empty if it does not. */
        String start() {
            return headers.getOrDefault("x-instar-start", "");
        }

        /** What went wrong, for reports. */
        String text() {
            return new String(body, StandardCharsets.UTF_8).strip();
        }

        /** Times of the call's phases, as far as the node tells them. */
        Map<String, Long> phaseNanos() {
            Map<String, Long> nanos = new TreeMap<>();
            PHASES.forEach((header, phase) -> {
                String millis = headers.get(header);
                if (millis != null) {
                    nanos.put(phase, (long) (Double.parseDouble(millis) * 1e6));
                }
            });
            for (String phase :
                    headers.getOrDefault("x-instar-start-phases", "").split(",", -1)) {
                int equals = phase.indexOf('=');
                if (equals > 0) {
                    nanos.put("start." + phase.substring(0, equals), (long)
                            (Double.parseDouble(phase.substring(equals + 1)) * 1e6));
                }
            }
            return nanos;
        }
    }

    Answer call() throws IOException {
        begin(request.length);
        return end(request.length);
    }

    /** Sends the request's first bytes. */
    void begin(int count) throws IOException {
        socket.getOutputStream().write(request, 0, count);
    }

    /** Sends the rest of a request that was begun with so many bytes, and reads the reply. */
    Answer end(int begun) throws IOException {
        if (begun < request.length) {
            socket.getOutputStream().write(request, begun, request.length - begun);
        }
        int headEnd = readHead();
        String head = new String(buffer, start, headEnd - start, StandardCharsets.ISO_8859_1);
        start = headEnd;
        if (head.length() < 12 || !head.startsWith("HTTP/1.1 ")) {
            throw new IOException("not HTTP: " + head);
        }
        int status = Integer.parseInt(head, 9, 12, 10);
        body = keepsBodies || status != OK ? new ByteArrayOutputStream() : null;
        Map<String, String> headers = headers(head);
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            skipChunks();
        } else {
            take(Long.parseLong(headers.getOrDefault("content-length", "0")));
        }
        return new Answer(status, headers, body == null ? NOTHING : body.toByteArray());
    }

    /** Keeps only what a benchmark looks at: making strings of all headers would cost as much as the call. */
    private static Map<String, String> headers(String head) {
        Map<String, String> headers = new HashMap<>();
        int line = head.indexOf('\n') + 1;
        while (line < head.length()) {
            int end = head.indexOf('\r', line);
            int colon = head.indexOf(':', line);
            for (String wanted : WANTED) {
                if (colon - line == wanted.length() && head.regionMatches(true, line, wanted, 0, wanted.length())) {
                    headers.put(wanted, head.substring(colon + 1, end).strip());
                }
            }
            line = end + 2;
        }
        return headers;
    }

    /** Sees that the whole head is in the buffer, and says where it ends. */
    private int readHead() throws IOException {
        int from = start;
        while (true) {
            for (int i = from; i + 3 < end; i++) {
                if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r' && buffer[i + 3] == '\n') {
                    return i + 4;
                }
            }
            from = Math.max(start, end - 3);
            from -= start;
            fill();
            from += start;
        }
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
        if (end == buffer.length) {
            throw new IOException("a head or line longer than " + buffer.length + " bytes");
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count < 0) {
            throw new EOFException("the gateway closed the connection");
        }
        end += count;
    }

    /** Has the bodies of all replies kept: for calls that are checked. */
    void keepBodies() {
        keepsBodies = true;
    }

    private void take(long count) throws IOException {
        int buffered = (int) Math.min(count, end - start);
        if (body != null) {
            body.write(buffer, start, buffered);
            body.writeBytes(in.readNBytes(Math.toIntExact(count - buffered)));
        } else {
            in.skipNBytes(count - buffered);
        }
        start += buffered;
    }

    private void skip(long count) throws IOException {
        int buffered = (int) Math.min(count, end - start);
        start += buffered;
        in.skipNBytes(count - buffered);
    }

    private void skipChunks() throws IOException {
        while (true) {
            int lineEnd = start;
            while (lineEnd == end || buffer[lineEnd] != '\n') {
                if (lineEnd == end) {
                    int seen = lineEnd - start;
                    fill();
                    lineEnd = start + seen;
                } else {
                    lineEnd++;
                }
            }
            String length = new String(buffer, start, lineEnd - start, StandardCharsets.ISO_8859_1).strip();
            start = lineEnd + 1;
            int bytes = Integer.parseInt(length, 16);
            take(bytes);
            skip(2);
            if (bytes == 0) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
