package dev.instar.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

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

    private static final int TIMEOUT_MILLIS = 120_000;

    private final Socket socket;
    private final InputStream in;
    private final byte[] request;

    HttpConnection(CallLoad load) throws IOException {
        this.socket = new Socket(load.address().getAddress(), load.address().getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        this.in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(("POST " + load.path() + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                        + load.authorization() + "\r\nContent-Type: application/octet-stream\r\nContent-Length: "
                        + load.body().length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        text.writeBytes(load.body());
        this.request = text.toByteArray();
    }

    /** A reply: its status and its headers by lower-case name; the body has been read and dropped. */
    record Answer(int status, Map<String, String> headers) {
        /** Times of the call's phases, as far as the node tells them. */
        Map<String, Long> phaseNanos() {
            Map<String, Long> nanos = new TreeMap<>();
            PHASES.forEach((header, phase) -> {
                String millis = headers.get(header);
                if (millis != null) {
                    nanos.put(phase, (long) (Double.parseDouble(millis) * 1e6));
                }
            });
            return nanos;
        }
    }

    Answer call() throws IOException {
        socket.getOutputStream().write(request);
        String status = line();
        if (status.length() < 12) {
            throw new IOException("not HTTP: " + status);
        }
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            skipChunks();
        } else {
            in.skipNBytes(Long.parseLong(headers.getOrDefault("content-length", "0")));
        }
        return new Answer(Integer.parseInt(status.substring(9, 12)), headers);
    }

    private void skipChunks() throws IOException {
        while (true) {
            int length = Integer.parseInt(line().strip(), 16);
            in.skipNBytes(length + 2L);
            if (length == 0) {
                return;
            }
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(64);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the gateway closed the connection");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
