package dev.instar.gateway;

import dev.instar.engine.AsyncService;
import dev.instar.engine.Call;
import dev.instar.engine.FunctionName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Accepted calls in memory; those for functions named {@code dead} are dead letters at once. */
final class MemoryAsync implements AsyncService {
    record Accepted(String id, FunctionName function, String path, String body, String callbackUrl) {}

    final List<Accepted> accepted = new ArrayList<>();
    private final MemoryFunctions functions;

    MemoryAsync(MemoryFunctions functions) {
        this.functions = functions;
    }

    @Override
    public synchronized void enqueue(Call call, String callbackUrl) throws IOException {
        functions.describe(call.function());
        accepted.add(new Accepted(
                call.id(),
                call.function(),
                call.path(),
                new String(call.body().readAllBytes(), StandardCharsets.UTF_8),
                callbackUrl));
    }

    @Override
    public synchronized long pending(String namespace) {
        return accepted.stream()
                .filter(call -> call.function().namespace().equals(namespace))
                .count();
    }

    @Override
    public synchronized List<DeadLetter> deadLetters(String namespace, int limit) {
        return accepted.stream()
                .filter(call -> call.function().equals(new FunctionName(namespace, "dead")))
                .limit(limit)
                .map(call -> new DeadLetter(call.id(), call.function(), 3, "it crashed", Instant.EPOCH))
                .toList();
    }

    @Override
    public synchronized void retry(String namespace, String callId) {
        find(namespace, callId);
    }

    @Override
    public synchronized void discard(String namespace, String callId) {
        accepted.remove(find(namespace, callId));
    }

    private Accepted find(String namespace, String callId) {
        return accepted.stream()
                .filter(call -> call.id().equals(callId) && call.function().equals(new FunctionName(namespace, "dead")))
                .findFirst()
                .orElseThrow(() -> MemoryEngine.absent("dead letter " + callId));
    }
}
