package dev.instar.engine.instances;

import dev.instar.engine.Call;
import dev.instar.engine.EngineListener;
import dev.instar.engine.Invoker;
import dev.instar.engine.Reply;
import java.io.IOException;

/** Serves calls with the instances of this node. Thread-safe. */
final class LocalInvoker implements Invoker {
    private final InstancePools pools;
    private final CallGate gate;
    private final CallRates rates;
    private final Deadlines deadlines;
    private final EngineListener listener;

    LocalInvoker(InstancePools pools, CallGate gate, CallRates rates, Deadlines deadlines, EngineListener listener) {
        this.pools = pools;
        this.gate = gate;
        this.rates = rates;
        this.deadlines = deadlines;
        this.listener = listener;
    }

    @Override
    public void invoke(Call call, Reply reply) throws IOException {
        long accepted = NanoTime.now();
        gate.enter();
        try {
            InstancePool pool = pools.get(call.function());
            rates.accept(call.function().namespace(), accepted);
            observed(new Invocation(call, reply, pool, deadlines, accepted));
        } finally {
            gate.leave();
        }
    }

    private void observed(Invocation invocation) throws IOException {
        InstancePool pool = invocation.pool();
        InvocationEvent event = new InvocationEvent();
        event.begin();
        listener.invocationStarted(pool.function());
        int status = AnswerStatus.UNKNOWN;
        try {
            invocation.run();
            status = invocation.status();
        } catch (IOException | RuntimeException e) {
            status = invocation.begun() ? invocation.status() : AnswerStatus.of(e);
            throw e;
        } finally {
            pool.answered().increment();
            listener.invocationEnded(
                    pool.function(), status, invocation.servedBy().start(), invocation.servedBy(), invocation.age());
            event.end();
            if (event.shouldCommit()) {
                event.describe(invocation.callId(), pool.function().toString(), status, invocation.servedBy());
                event.commit();
            }
        }
    }
}
