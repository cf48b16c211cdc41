package dev.instar.engine.instances;

import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.runtime.HandlerFailure;
import dev.instar.runtime.HandlerReply;
import dev.instar.runtime.HeaderField;
import dev.instar.runtime.ReplyBody;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Passes what an instance answered on to the caller. Confined to the calling thread. */
final class ReplyWriter {
    private static final ObjectMapper JSON = JsonMapper.shared();
    private static final int BUFFER_BYTES = 16 * 1024;

    private final String callId;
    private final Reply reply;
    private boolean begun;
    private int status = AnswerStatus.UNKNOWN;

    ReplyWriter(String callId, Reply reply) {
        this.callId = callId;
        this.reply = reply;
    }

    /** Whether the reply has begun. */
    boolean begun() {
        return begun;
    }

    /** The status the reply began with. */
    int status() {
        return status;
    }

    /** Passes the handler's reply on. */
    void pass(HandlerReply answer, ServedBy servedBy) throws IOException {
        ReplyBody body = answer.body();
        OutputStream out = begin(answer.status(), answer.headers(), servedBy, body.length());
        if (body.length() >= 0) {
            body.transferTo(out);
        } else {
            stream(body, out);
        }
        out.close();
    }

    /** Answers an error of the handler: status 500, type and message as JSON, no trace. */
    void fail(HandlerFailure failure, ServedBy servedBy) throws IOException {
        Map<String, String> content = Map.of("type", failure.type(), "message", failure.message(), "callId", callId);
        byte[] bytes = JSON.writeValueAsString(content).getBytes(StandardCharsets.UTF_8);
        List<HeaderField> headers = List.of(
                new HeaderField("Content-Type", "application/json"), new HeaderField("X-Instar-Error", "handler"));
        OutputStream out = begin(500, headers, servedBy, bytes.length);
        out.write(bytes);
        out.close();
    }

    private OutputStream begin(int withStatus, List<HeaderField> headers, ServedBy servedBy, long length)
            throws IOException {
        // Set first: a caller that goes away while the reply begins must not be answered a second time.
        begun = true;
        status = withStatus;
        return reply.begin(withStatus, headers, servedBy, length);
    }

    /** Passes on what has come before waiting for more, so that the caller sees each part when it was written. */
    private static void stream(ReplyBody body, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
            out.write(buffer, 0, count);
            if (body.available() == 0) {
                out.flush();
            }
        }
    }
}
