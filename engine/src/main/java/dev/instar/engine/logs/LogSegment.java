package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A log file opened for reading up to the size it had at that moment.
 *
 * @param channel the open file
 * @param size bytes to read
 */
record LogSegment(FileChannel channel, long size) implements AutoCloseable {
    /** Passes the lines that the filter accepts on, oldest first. */
    void read(FunctionName function, LogFilter filter, Consumer<Line> sink) throws IOException {
        channel.position(0);
        InputStream bounded = new Bounded(Channels.newInputStream(channel), size);
        BufferedReader reader = new BufferedReader(new InputStreamReader(bounded, StandardCharsets.UTF_8));
        for (String text = reader.readLine(); text != null; text = reader.readLine()) {
            LineFormat.decode(function, text).filter(filter::accepts).ifPresent(sink);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static final class Bounded extends FilterInputStream {
        private long left;

        Bounded(InputStream in, long size) {
            super(in);
            this.left = size;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left <= 0) {
                return -1;
            }
            int count = in.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(count, 0);
            return count;
        }
    }
}
