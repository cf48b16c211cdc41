package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.logs.InstanceOutput;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out the starts that pools order, a bounded number at a time. Thread-safe. */
final class Starter {
    private static final Logger LOG = LoggerFactory.getLogger(Starter.class);

    private final Function<FunctionVersion, StartMethod> methods;
    private final Admission admission;
    private final FileFunctionLogs logs;
    private final EngineListener listener;
    private final Semaphore atATime;
    private final InstanceIds ids = new InstanceIds(new SecureRandom());

    /** @param methods chooses how a version is started */
    Starter(
            Function<FunctionVersion, StartMethod> methods,
            Admission admission,
            FileFunctionLogs logs,
            EngineListener listener,
            int concurrentStarts) {
        this.methods = methods;
        this.admission = admission;
        this.logs = logs;
        this.listener = listener;
        this.atATime = new Semaphore(concurrentStarts, true);
    }

    /** Carries one order out: tells the pool of the instance or of the failure, unless the order has become void. */
    void run(InstancePool pool, StartOrder order) {
        try {
            begin(pool, order);
        } catch (EngineException e) {
            pool.startFailed(order, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pool.startFailed(order, new OverloadedException("the node is closing", true, Duration.ofSeconds(5)));
        } catch (RuntimeException e) {
            // The pool counts this start; it must hear of its end whatever happens.
            LOG.error("starting an instance of {} failed unexpectedly", pool.function(), e);
            pool.startFailed(order, new StartFailedException("engine", e.toString(), e));
        }
    }

    private void begin(InstancePool pool, StartOrder order) throws InterruptedException {
        long limit = order.version().spec().limits().memoryBytes();
        Admission.Ticket ticket = admission.admit(
                pool.function(),
                limit,
                pool.memory().expectedBytes(limit),
                order.background(),
                () -> pool.confirm(order));
        if (ticket == null) {
            return;
        }
        boolean started = false;
        try {
            started = startWith(ticket, pool, order);
        } finally {
            if (!started) {
                admission.released(ticket);
            }
        }
    }

    private boolean startWith(Admission.Ticket ticket, InstancePool pool, StartOrder order)
            throws InterruptedException {
        StartedProcess process;
        long began;
        atATime.acquire();
        try {
            // While it waited, calls that it was meant for may have been served by others.
            if (!pool.confirm(order)) {
                return false;
            }
            began = NanoTime.now();
            process = start(pool, order.version());
        } finally {
            atATime.release();
        }
        long now = NanoTime.now();
        listener.instanceStarted(pool.function(), process.kind(), process.phaseNanos());
        admission.settled(ticket);
        pool.started(order, new Instance(pool, order, process, ticket, now), now - began);
        return true;
    }

    private StartedProcess start(InstancePool pool, FunctionVersion version) throws InterruptedException {
        String id = ids.next(version);
        InstanceOutput output = logs.output(pool.function(), id);
        StartEvent event = new StartEvent();
        event.begin();
        try {
            StartedProcess process = methods.apply(version).start(id, version, output);
            event.succeeded(pool.function().toString(), process);
            return process;
        } catch (StartFailedException e) {
            event.failed(pool.function().toString(), id, String.valueOf(e.getMessage()));
            output.ended();
            output.remark(String.valueOf(e.getMessage()));
            listener.startFailed(pool.function(), e.phase());
            throw e;
        } finally {
            event.commit();
        }
    }
}
