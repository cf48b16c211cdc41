package dev.instar.engine.instances;

import dev.instar.engine.Call;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.EngineException;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Reply;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import dev.instar.runtime.Channel;
import dev.instar.runtime.ChannelClosedException;
import dev.instar.runtime.ChannelException;
import dev.instar.runtime.HandlerFailure;
import dev.instar.runtime.HandlerReply;
import dev.instar.runtime.InvokeHead;
import dev.instar.runtime.InvokeResult;
import dev.instar.runtime.ReplyBrokenException;
import dev.instar.runtime.RequestBrokenException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** One call on its way: acquire a slot, hand over, pass the reply on, release. Confined to the calling thread. */
final class Invocation {
    private final Call call;
    private final InstancePool pool;
    private final Deadlines deadlines;
    private final ReplyWriter writer;
    private final Duration timeout;
    private final long accepted;
    private final long deadline;

    private StartKind start = StartKind.WARM;
    private long queueNanos;
    private long startNanos;
    private long handed;
    private ServedBy served = new ServedBy(StartKind.WARM, "", 0, 0, 0, Map.of(), 0);

    Invocation(Call call, Reply reply, InstancePool pool, Deadlines deadlines, long accepted) {
        this.call = call;
        this.pool = pool;
        this.deadlines = deadlines;
        this.accepted = accepted;
        this.timeout = pool.version().spec().timeout();
        this.deadline = accepted + timeout.toNanos();
        this.writer = new ReplyWriter(call.id(), reply);
    }

    InstancePool pool() {
        return pool;
    }

    String callId() {
        return call.id();
    }

    /** Nanoseconds since the call was accepted. */
    long age() {
        return NanoTime.now() - accepted;
    }

    /** How it was served; no instance is named before one has answered. */
    ServedBy servedBy() {
        return served;
    }

    /** Whether the reply has begun, so that its status is out of reach. */
    boolean begun() {
        return writer.begun();
    }

    /** The status the reply began with. */
    int status() {
        return writer.status();
    }

    /** Serves the call; see {@link dev.instar.engine.Invoker#invoke} for what it throws. */
    void run() throws IOException {
        PrefixBody body = PrefixBody.read(call.body(), call.bodyLength());
        Slot slot = acquire();
        try {
            exchange(slot, body);
        } catch (DeadOnArrivalException e) {
            if (!body.rewind()) {
                throw new InstanceFailedException(pool.function() + " failed: " + e.getMessage());
            }
            exchangeAgain(body);
        }
    }

    private void exchangeAgain(PrefixBody body) throws IOException {
        try {
            exchange(acquire(), body);
        } catch (DeadOnArrivalException e) {
            throw new InstanceFailedException(
                    pool.function() + " failed: two instances in turn had died; " + e.getMessage());
        }
    }

    private Slot acquire() throws IOException {
        Slot idle = pool.takeIdle();
        if (idle != null) {
            queueNanos = NanoTime.now() - accepted;
            return idle;
        }
        InstancePool.Acquired acquired = pool.await(deadline, timeout);
        long waited = NanoTime.now() - accepted;
        startNanos = Math.min(acquired.startNanos(), waited);
        queueNanos = waited - startNanos;
        start = startNanos > 0 ? acquired.slot().instance().kind() : StartKind.WARM;
        return acquired.slot();
    }

    /** Hands the call over and gives the slot back, or ends its instance. */
    private void exchange(Slot slot, PrefixBody body) throws IOException, DeadOnArrivalException {
        slot.instance().wakeUp();
        deadlines.arm(slot, deadline);
        try {
            send(slot, body);
            receive(slot);
        } catch (ChannelException e) {
            throw lost(slot, e);
        } finally {
            giveBack(slot);
        }
    }

    private void send(Slot slot, PrefixBody body) throws IOException, DeadOnArrivalException {
        InvokeHead head = InvokeHeads.of(call, deadline - NanoTime.now());
        try {
            handed = NanoTime.now();
            slot.channel().sendInvoke(head, body, body.length(call.bodyLength()));
        } catch (ChannelClosedException e) {
            if (slot.expired()) {
                throw e;
            }
            throw new DeadOnArrivalException(CrashReport.take(slot.instance(), String.valueOf(e.getMessage())));
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(String.valueOf(e.getMessage()));
        }
    }

    private void receive(Slot slot) throws IOException {
        Channel channel = slot.channel();
        try {
            InvokeResult result = channel.receive();
            served = served(slot, NanoTime.now() - handed);
            switch (result) {
                case HandlerReply answer -> writer.pass(answer, served);
                case HandlerFailure failure -> {
                    HandlerErrors.log(slot.instance().output(), call.id(), failure);
                    writer.fail(failure, served);
                }
            }
        } catch (RequestBrokenException e) {
            channel.finish();
            throw callerFailure(e);
        } catch (ReplyBrokenException e) {
            HandlerErrors.log(slot.instance().output(), call.id(), e.failure());
            channel.finish();
            throw e;
        } catch (ChannelException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The caller has gone. The instance has not: what is left of its reply is dropped.
            channel.finish();
            throw e;
        }
        channel.finish();
    }

    private void giveBack(Slot slot) {
        if (!slot.disarm()) {
            return; // Past its deadline the watcher ends the instance.
        }
        if (slot.channel().idle()) {
            pool.release(slot);
        } else {
            pool.end(slot.instance(), EndCause.ABANDONED);
        }
    }

    /** What the caller is told when the channel failed in the middle of the call. */
    private EngineException lost(Slot slot, ChannelException failure) throws IOException {
        EngineException reason = slot.expired()
                ? new DeadlineExceededException(
                        pool.function() + " did not answer within its timeout of " + timeout.toMillis() + " ms")
                : new InstanceFailedException(
                        pool.function() + " failed: " + CrashReport.take(slot.instance(), complaint(failure)));
        if (writer.begun()) {
            throw new IOException("the reply broke off: " + reason.getMessage(), failure);
        }
        return reason;
    }

    private static String complaint(ChannelException failure) {
        return failure instanceof ChannelClosedException
                ? "it closed its channel"
                : "it broke the protocol: " + failure.getMessage();
    }

    /** The error that reading the caller's body met, as if it had been met on this thread. */
    private static RuntimeException callerFailure(RequestBrokenException e) throws IOException {
        return switch (e.getCause()) {
            case IOException cause -> throw cause;
            case RuntimeException cause -> cause;
            case Error cause -> throw cause;
            case null, default -> e;
        };
    }

    private ServedBy served(Slot slot, long handlerNanos) {
        Instance instance = slot.instance();
        Map<String, Long> phases = start == StartKind.WARM ? Map.of() : instance.phaseNanos();
        return new ServedBy(
                start, instance.id(), instance.version().number(), queueNanos, startNanos, phases, handlerNanos);
    }
}
