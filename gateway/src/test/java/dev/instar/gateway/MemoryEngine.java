package dev.instar.gateway;

import dev.instar.engine.AuditLog;
import dev.instar.engine.Call;
import dev.instar.engine.Engine;
import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Invoker;
import dev.instar.engine.NodeStatus;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Principal;
import dev.instar.engine.Reply;
import dev.instar.engine.SandboxReuse;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import dev.instar.runtime.HeaderField;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An engine in memory: it stores what it is told, and calls Java code instead of sandboxes. */
final class MemoryEngine implements Engine {
    /** Stands for a function's handler. */
    @FunctionalInterface
    interface Handler {
        void handle(Call call, Reply reply) throws IOException;
    }

    static final ServedBy SERVED = new ServedBy(StartKind.WARM, "i-1", 1, 1_500, 0, Map.of(), 2_345_678);

    final EngineListener listener;
    final MemoryTenants tenants = new MemoryTenants();
    final MemoryFunctions functions = new MemoryFunctions(tenants);
    final MemoryTemplates templates = new MemoryTemplates(functions);
    final MemoryCode code = new MemoryCode();
    final MemorySecrets secrets = new MemorySecrets(tenants);
    final MemoryLogs logs = new MemoryLogs();
    final MemoryAsync async = new MemoryAsync(functions);
    final Map<FunctionName, Handler> handlers = new ConcurrentHashMap<>();
    final AtomicInteger running = new AtomicInteger();
    private final Deque<AuditLog.Entry> audit = new ArrayDeque<>();
    private volatile boolean draining;

    MemoryEngine(EngineListener listener) {
        this.listener = listener;
    }

    /** Deploys a function whose handler is Java code. */
    FunctionName install(String address, boolean publicAccess, Handler handler) {
        FunctionName name = FunctionName.parse(address);
        functions.deploy(Specs.of(name, publicAccess));
        handlers.put(name, handler);
        return name;
    }

    /** Answers with the call's body. */
    static void echo(Call call, Reply reply) throws IOException {
        byte[] body = call.body().readAllBytes();
        try (OutputStream out = reply.begin(200, List.of(), SERVED, body.length)) {
            out.write(body);
        }
    }

    @Override
    public Invoker invoker() {
        return this::invoke;
    }

    private void invoke(Call call, Reply reply) throws IOException {
        if (draining) {
            throw new OverloadedException("the node is draining", true, Duration.ofSeconds(5));
        }
        functions.describe(call.function());
        listener.invocationStarted(call.function());
        running.incrementAndGet();
        long from = System.nanoTime();
        int[] status = {500};
        try {
            Reply noting = (code, headers, servedBy, length) -> {
                status[0] = code;
                return reply.begin(code, headers, servedBy, length);
            };
            handlers.getOrDefault(call.function(), MemoryEngine::echo).handle(call, noting);
        } finally {
            running.decrementAndGet();
            listener.invocationEnded(call.function(), status[0], StartKind.WARM, SERVED, System.nanoTime() - from);
        }
    }

    static List<HeaderField> headers(String... namesAndValues) {
        HeaderField[] headers = new HeaderField[namesAndValues.length / 2];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new HeaderField(namesAndValues[2 * i], namesAndValues[2 * i + 1]);
        }
        return List.of(headers);
    }

    @Override
    public MemoryFunctions functions() {
        return functions;
    }

    @Override
    public MemoryTemplates templates() {
        return templates;
    }

    @Override
    public MemoryCode code() {
        return code;
    }

    @Override
    public MemoryAsync async() {
        return async;
    }

    @Override
    public MemorySecrets secrets() {
        return secrets;
    }

    @Override
    public MemoryTenants tenants() {
        return tenants;
    }

    @Override
    public MemoryLogs logs() {
        return logs;
    }

    @Override
    public AuditLog audit() {
        return new AuditLog() {
            @Override
            public void record(Principal who, String action, String target, String outcome) {
                synchronized (audit) {
                    audit.addFirst(new Entry(Instant.now(), who.name(), action, target, outcome));
                }
            }

            @Override
            public List<Entry> recent(int limit) {
                synchronized (audit) {
                    return audit.stream().limit(limit).toList();
                }
            }
        };
    }

    @Override
    public NodeStatus status() {
        return new NodeStatus(
                draining,
                3,
                5,
                running.get(),
                2,
                64 << 20,
                512 << 20,
                1,
                new SandboxReuse(40, 3, Map.of("surplus", 2L), 1.5));
    }

    @Override
    public boolean drain(Duration patience) throws InterruptedException {
        draining = true;
        long until = System.nanoTime() + patience.toNanos();
        while (running.get() > 0 && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        return running.get() == 0;
    }

    @Override
    public void resume() {
        draining = false;
    }

    @Override
    public void close() {
        code.close();
    }

    static NotFoundException absent(Object what) {
        return new NotFoundException("there is no " + what);
    }
}
