package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.FileFunctionLogs;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.runtime.ParkResult;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.template.capture.AddressReservation;
import dev.instar.template.zygote.Zygote;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Starts a function as cold starts do, under the same filter and limits, for no call: once it is initialised and warmed
 * up it parks, to be captured. Thread-safe.
 */
public final class Incubator {
    private static final Duration TO_STOP = Duration.ofSeconds(5);

    private final SandboxPool sandboxes;
    private final Workloads workloads;
    private final FileFunctionLogs logs;
    private final HandlerLoading loading;
    private final CloneWaking waking;
    private final InstanceIds ids = new InstanceIds(new SecureRandom());

    /**
     * @param atMost how long loading the handler may take
     * @param timer ends what takes longer
     */
    public Incubator(
            SandboxPool sandboxes,
            Workloads workloads,
            FileFunctionLogs logs,
            Duration atMost,
            ScheduledExecutorService timer) {
        this.sandboxes = sandboxes;
        this.workloads = workloads;
        this.logs = logs;
        this.loading = new HandlerLoading(atMost, timer);
        this.waking = new CloneWaking(workloads, atMost, timer);
    }

    /**
     * A process that waits to be captured; closing it ends it.
     *
     * @param warnings what its clones would share or lose
     */
    public record Parked(
            Sandbox sandbox,
            List<Channel> channels,
            List<String> warnings,
            @Nullable AddressReservation reservation) implements AutoCloseable {
        /** Process id on the host. */
        public int pid() {
            return sandbox.pid();
        }

        /**
         * Takes away what only made it lie well in its address space; to be called right before the capture.
         *
         * @throws IOException if the process has ended
         */
        public void unreserve() throws IOException {
            if (reservation != null) {
                reservation.release();
            }
        }

        @Override
        public void close() {
            SandboxTaking.destroy(sandbox);
        }
    }

    /**
     * Starts and parks one.
     *
     * @throws ParkRefusedException if the function says that it cannot be parked
     * @throws StartFailedException naming the phase
     */
    public Parked incubate(FunctionVersion version) throws InterruptedException {
        String id = ids.next(version);
        InstanceOutput output = logs.output(version.spec().name(), id);
        Sandbox sandbox = SandboxTaking.acquire(sandboxes, output);
        boolean parked = false;
        try {
            List<Channel> channels = SandboxTaking.begin(() -> sandbox.start(workloads.forTemplate(version)));
            AddressReservation reservation =
                    version.spec().runtime() == RuntimeKind.NODE ? reserve(sandbox, output) : null;
            Channel first = channels.getFirst();
            loading.load(sandbox, first, Workloads.settings(id, version).forTemplate(), version, output);
            ParkResult result = loading.park(sandbox, first, version, output);
            if (result instanceof ParkResult.ParkFailure failure) {
                failure.trace().lines().forEach(output::remark);
                throw new ParkRefusedException(failure.type() + ": " + failure.message());
            }
            parked = true;
            return new Parked(sandbox, channels, ((ParkResult.Parked) result).warnings(), reservation);
        } finally {
            if (!parked) {
                SandboxTaking.destroy(sandbox);
            }
        }
    }

    private static AddressReservation reserve(Sandbox sandbox, InstanceOutput output) {
        try {
            return AddressReservation.reserve(sandbox.pid(), TO_STOP);
        } catch (IOException e) {
            output.lastErrors().forEach(line -> output.remark("last output: " + line));
            throw new StartFailedException("reserve", String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Starts a clone for no call and lets it wake up; closing the sandbox ends it.
     *
     * @throws StartFailedException naming the phase
     */
    public Sandbox rehearse(FunctionVersion version, Zygote zygote) throws InterruptedException {
        String id = ids.next(version);
        InstanceOutput output = logs.output(version.spec().name(), id);
        Sandbox sandbox = SandboxTaking.acquire(sandboxes, output);
        boolean awake = false;
        try {
            sandbox.seat(workloads.forTemplate(version), zygote, false);
            waking.wake(sandbox, id, version, output, false, new HashMap<>());
            awake = true;
            return sandbox;
        } catch (SandboxException e) {
            throw SandboxTaking.failed(e);
        } finally {
            if (!awake) {
                SandboxTaking.destroy(sandbox);
            }
        }
    }
}
