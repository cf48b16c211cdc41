package dev.instar.gateway;

import dev.instar.engine.PayloadTooLargeException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A request's body up to a limit. */
final class RequestBody extends InputStream {
    /** What a chunk's frame and pipelined bytes may add to a body on the socket. */
    private static final int SLACK = 64 << 10;

    private static final RequestBody EMPTY = new RequestBody(InputStream.nullInputStream(), 0, 0, null);

    private final InputStream in;
    private final long length;
    private final long limit;
    private final @Nullable Connection connection;
    private long taken;

    private RequestBody(InputStream in, long length, long limit, @Nullable Connection connection) {
        this.in = in;
        this.length = length;
        this.limit = limit;
        this.connection = connection;
    }

    /** @throws PayloadTooLargeException if the declared length exceeds the limit */
    static RequestBody of(ServerRequest request, long limit) {
        if (!request.content().hasEntity()) {
            return EMPTY;
        }
        long length = request.headers().contains(HeaderNames.CONTENT_LENGTH)
                ? request.headers().contentLength().orElse(-1)
                : -1;
        if (length > limit) {
            throw tooLarge(limit);
        }
        return new RequestBody(request.content().inputStream(), length, limit, Connection.CURRENT.get());
    }

    /** Its length, or −1 if the client did not say. */
    long length() {
        return length;
    }

    private static PayloadTooLargeException tooLarge(long limit) {
        return new PayloadTooLargeException("the request body is larger than the limit of " + limit + " bytes");
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
        if (connection == null) {
            return count == 0 ? 0 : -1;
        }
        connection.allow(limit - taken + SLACK);
        int got;
        try {
            got = in.read(buffer, offset, count);
        } catch (PayloadTooLargeException e) {
            throw e;
        } catch (RuntimeException e) {
            // of many kinds: broken chunks, the end of the stream, a failed socket
            connection.lost();
            throw new IOException("the request's body is malformed, or the client went away in the middle of it", e);
        }
        if (got > 0) {
            taken += got;
            if (taken > limit) {
                throw tooLarge(limit);
            }
        }
        return got;
    }
}
