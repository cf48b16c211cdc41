package dev.instar.engine.async;

import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.runtime.HeaderField;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.List;

/** A reply kept in memory as far as it is wanted, the rest being dropped. Used by one thread. */
final class KeptReply implements Reply {
    private final int mostBytes;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private int status;
    private List<HeaderField> headers = List.of();
    private boolean cutOff;

    /** @param mostBytes how much of the body is kept; 0 for none of it */
    KeptReply(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public OutputStream begin(int withStatus, List<HeaderField> withHeaders, ServedBy servedBy, long bodyLength) {
        status = withStatus;
        headers = withHeaders;
        return new Sink();
    }

    int status() {
        return status;
    }

    List<HeaderField> headers() {
        return headers;
    }

    byte[] body() {
        return kept.toByteArray();
    }

    boolean cutOff() {
        return cutOff;
    }

    private final class Sink extends OutputStream {
        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            int count = Math.min(length, mostBytes - kept.size());
            kept.write(bytes, offset, count);
            cutOff |= count < length;
        }
    }
}
