package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.logs.InstanceOutput;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out the starts that pools order, as they are admitted. Thread-safe. */
final class Starter {
    private static final Logger LOG = LoggerFactory.getLogger(Starter.class);

    private final Function<FunctionVersion, StartMethod> methods;
    private final Admission admission;
    private final FileFunctionLogs logs;
    private final EngineListener listener;
    private final InstanceIds ids = new InstanceIds(new SecureRandom());

    /** @param methods chooses how a version is started */
    Starter(
            Function<FunctionVersion, StartMethod> methods,
            Admission admission,
            FileFunctionLogs logs,
            EngineListener listener) {
        this.methods = methods;
        this.admission = admission;
        this.logs = logs;
        this.listener = listener;
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
        FunctionSpec spec = order.version().spec();
        long limit = spec.limits().memoryBytes();
        StartTicket ticket = new StartTicket(
                pool.function(),
                spec.scaling().priority(),
                limit,
                pool.memory().expectedBytes(limit),
                order.background());
        boolean admitted = admission.admit(ticket, () -> pool.confirm(order));
        while (admitted && !tryToStart(ticket, pool, order)) {
            admitted = admission.admitAgain(ticket, () -> pool.confirm(order));
        }
    }

    /** False if there was no sandbox: then nothing has happened. */
    private boolean tryToStart(StartTicket ticket, InstancePool pool, StartOrder order) throws InterruptedException {
        long began = NanoTime.now();
        StartedProcess process;
        try {
            process = start(pool, order);
        } catch (NoSandboxException _) {
            return false;
        } catch (InterruptedException | RuntimeException e) {
            admission.released(ticket);
            throw e;
        }
        long now = NanoTime.now();
        listener.instanceStarted(pool.function(), process.kind(), process.phaseNanos());
        pool.started(order, new Instance(pool, order, process, ticket, now), now - began);
        // The call that waited for it is on its way.
        admission.settled(ticket);
        return true;
    }

    private StartedProcess start(InstancePool pool, StartOrder order) throws InterruptedException {
        FunctionVersion version = order.version();
        String id = ids.next(version);
        InstanceOutput output = logs.output(pool.function(), id);
        StartEvent event = new StartEvent();
        event.begin();
        try {
            StartedProcess process = methods.apply(version).start(id, version, output, order.background());
            event.succeeded(pool.function().toString(), process);
            event.commit();
            return process;
        } catch (StartFailedException e) {
            event.failed(pool.function().toString(), id, String.valueOf(e.getMessage()));
            output.ended();
            output.remark(String.valueOf(e.getMessage()));
            listener.startFailed(pool.function(), e.phase());
            event.commit();
            throw e;
        } catch (NoSandboxException e) {
            output.ended();
            throw e;
        }
    }
}
