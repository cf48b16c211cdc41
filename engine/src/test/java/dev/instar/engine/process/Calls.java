package dev.instar.engine.process;

import dev.instar.engine.Call;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Invoker;
import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.runtime.HeaderField;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Calls of functions and their answers. */
public final class Calls {
    private Calls() {}

    /** A complete reply. */
    public record Answer(int status, List<HeaderField> headers, ServedBy servedBy, String body) {}

    public static Call of(String function, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return new Call(
                UUID.randomUUID().toString(),
                FunctionName.parse(function),
                "POST",
                "/",
                "",
                List.of(),
                "127.0.0.1",
                new ByteArrayInputStream(bytes),
                bytes.length);
    }

    public static Answer call(Invoker invoker, String function, String body) throws IOException {
        Collected collected = new Collected();
        invoker.invoke(of(function, body), collected);
        return collected.answer();
    }

    /** Calls on a virtual thread of its own; failures come as they were thrown. */
    public static CompletableFuture<Answer> start(Invoker invoker, String function, String body) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(call(invoker, function, body));
            } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** What a started call failed with. */
    public static Throwable failure(CompletableFuture<Answer> call) {
        try {
            throw new AssertionError("the call was answered: " + call.join());
        } catch (CompletionException e) {
            return e.getCause();
        }
    }

    /** Keeps a reply. */
    public static final class Collected implements Reply {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private int status;
        private List<HeaderField> headers;
        private ServedBy servedBy;

        @Override
        public OutputStream begin(int withStatus, List<HeaderField> withHeaders, ServedBy by, long bodyLength) {
            status = withStatus;
            headers = withHeaders;
            servedBy = by;
            return body;
        }

        public Answer answer() {
            return new Answer(status, headers, servedBy, body.toString(StandardCharsets.UTF_8));
        }
    }
}
