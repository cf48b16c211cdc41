package dev.instar.gateway;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** The body of a reply on its way to the client; status and headers have been set. */
abstract sealed class ReplyBody extends OutputStream {
    /** Bodies up to this length are collected, so that head and body leave in one write. */
    private static final int WHOLE = 64 << 10;

    final ServerRequest request;
    final ServerResponse response;
    boolean closed;

    private ReplyBody(ServerRequest request, ServerResponse response) {
        this.request = request;
        this.response = response;
    }

    /** @param length length of the body, or −1 if it is streamed */
    static ReplyBody of(ServerRequest request, ServerResponse response, long length) {
        if (isWithoutBody(request, response)) {
            return new None(request, response, length);
        }
        return length >= 0 && length <= WHOLE
                ? new Whole(request, response, (int) length)
                : new Streamed(request, response, length);
    }

    /** Sends a whole reply; only its head if the request is a HEAD. */
    static void sendWhole(ServerRequest request, ServerResponse response, byte[] body, long length) throws IOException {
        try {
            if (isWithoutBody(request, response)) {
                if (request.prologue().method().equals(Method.HEAD) && length >= 0) {
                    response.headers().contentLength(length);
                }
                response.send();
            } else {
                response.send(body);
            }
        } catch (UncheckedIOException | CloseConnectionException e) {
            throw new IOException("the client has gone", e);
        }
    }

    private static boolean isWithoutBody(ServerRequest request, ServerResponse response) {
        int status = response.status().code();
        return request.prologue().method().equals(Method.HEAD) || status == 204 || status == 205 || status == 304;
    }

    /** Whether something may have reached the client. */
    abstract boolean committed();

    @Override
    public final void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    static IOException wrongLength(long declared) {
        return new IOException("the reply's body does not have the declared length of " + declared + " bytes");
    }

    /** A reply to HEAD, or with a status that has no body: what is written is dropped. */
    private static final class None extends ReplyBody {
        private final long length;

        None(ServerRequest request, ServerResponse response, long length) {
            super(request, response);
            this.length = length;
        }

        @Override
        public void write(byte[] bytes, int offset, int count) {}

        @Override
        boolean committed() {
            return closed;
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                sendWhole(request, response, new byte[0], length);
            }
        }
    }

    private static final class Whole extends ReplyBody {
        private final byte[] body;
        private int filled;

        Whole(ServerRequest request, ServerResponse response, int length) {
            super(request, response);
            this.body = new byte[length];
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            if (count > body.length - filled) {
                throw wrongLength(body.length);
            }
            System.arraycopy(bytes, offset, body, filled, count);
            filled += count;
        }

        @Override
        boolean committed() {
            return closed;
        }

        @Override
        public void close() throws IOException {
            if (closed) {
                return;
            }
            if (filled != body.length) {
                throw wrongLength(body.length);
            }
            closed = true;
            sendWhole(request, response, body, body.length);
        }
    }

    private static final class Streamed extends ReplyBody {
        private final OutputStream out;
        private final long length;
        private long written;
        private boolean begun;

        Streamed(ServerRequest request, ServerResponse response, long length) {
            super(request, response);
            this.length = length;
            if (length >= 0) {
                response.headers().contentLength(length);
            } else {
                response.headers().remove(HeaderNames.CONTENT_LENGTH);
            }
            this.out = response.outputStream();
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            if (length >= 0 && count > length - written) {
                throw wrongLength(length);
            }
            if (count == 0) {
                // an empty chunk would end the body
                return;
            }
            begun = true;
            try {
                out.write(bytes, offset, count);
                // a part of a stream is for the client to see now, not when a buffer is full
                out.flush();
            } catch (UncheckedIOException | CloseConnectionException e) {
                throw new IOException("the client has gone", e);
            }
            written += count;
        }

        @Override
        boolean committed() {
            return begun || closed;
        }

        @Override
        public void close() throws IOException {
            if (closed) {
                return;
            }
            if (length >= 0 && written != length) {
                throw wrongLength(length);
            }
            closed = true;
            try {
                out.close();
            } catch (UncheckedIOException | CloseConnectionException e) {
                throw new IOException("the client has gone", e);
            }
        }
    }
}
