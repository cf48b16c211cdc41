package dev.instar.sandbox;

import dev.instar.linux.PipeReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Cuts a workload's output into lines. */
final class LineSplitter implements PipeReader.Sink {
    private static final int LONGEST = 16 * 1024;

    private final OutputSink sink;
    private final boolean error;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LineSplitter(OutputSink sink, boolean error) {
        this.sink = sink;
        this.error = error;
    }

    @Override
    public void bytes(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b == '\n') {
                emit();
            } else {
                line.write(b);
                if (line.size() == LONGEST) {
                    emit();
                }
            }
        }
    }

    @Override
    public void end() {
        if (line.size() > 0) {
            emit();
        }
    }

    private void emit() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        sink.line(error, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }
}
