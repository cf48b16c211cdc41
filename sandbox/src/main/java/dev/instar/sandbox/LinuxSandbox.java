package dev.instar.sandbox;

import dev.instar.linux.ChannelPairs;
import dev.instar.linux.Child;
import dev.instar.linux.CloneSource;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroupException;
import dev.instar.linux.ExitStatus;
import dev.instar.linux.LinuxException;
import dev.instar.linux.MemoryRollup;
import dev.instar.linux.PendingClone;
import dev.instar.linux.PipeReader;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.SyscallProgram;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A sandbox of namespaces: an init that holds them, and a prepared process that becomes the workload. */
final class LinuxSandbox implements Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxSandbox.class);
    private static final ProcFiles PROCESSES = new ProcFiles();
    private static final Duration LONGEST_END = Duration.ofSeconds(20);

    private final String id;
    private final PreparedSandbox prepared;
    private final Frost frost;
    private final SandboxHost host;
    private final OutputSink output;
    private final CompletableFuture<Ending> ending;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ReentrantLock reporting = new ReentrantLock();
    private volatile @Nullable SyscallProgram execution;
    private final CompletableFuture<Child> first = new CompletableFuture<>();
    private final Object pendingLock = new Object();
    private @Nullable PendingClone pending;
    private volatile @Nullable Seated seated;
    private volatile List<SocketChannel> channels = List.of();
    private volatile @Nullable AutoCloseable network;

    LinuxSandbox(PreparedSandbox prepared, SandboxHost host, OutputSink output) {
        this.id = prepared.id();
        this.prepared = prepared;
        this.frost = new Frost(prepared.group());
        this.host = host;
        this.output = output;
        this.ending = first.thenCompose(Child::exit).thenApply(this::workloadEnded);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int pid() {
        Child process = first.getNow(null);
        return process == null ? 0 : process.pid();
    }

    @Override
    public CompletableFuture<Ending> ending() {
        return ending;
    }

    @Override
    public List<SocketChannel> start(Workload workload) throws SandboxException {
        List<SocketChannel> ours = attach(workload, descriptors -> {
            SyscallProgram program = host.plan().execute(workload, descriptors, prepared);
            execution = program;
            prepared.workload().execute(program);
            first.complete(prepared.workload());
        });
        prepared.started();
        channels = ours;
        return ours;
    }

    @Override
    public void seat(Workload workload, CloneSource source, boolean ahead) throws SandboxException {
        List<SocketChannel> ours = attach(workload, descriptors -> {
            SyscallProgram seat = host.plan().seat(workload, descriptors, prepared, source, ahead);
            PendingClone clone = source.clone(prepared.init(), null, seat);
            synchronized (pendingLock) {
                pending = clone;
            }
            SyscallProgram begin = host.plan().begin(source);
            begin.prepare();
            seated = new Seated(clone, begin);
        });
        prepared.started();
        channels = ours;
    }

    /** A copy that was asked for, and what it is to do when the workload begins. */
    private record Seated(PendingClone copy, SyscallProgram begin) {}

    @Override
    public List<SocketChannel> begin() throws SandboxException {
        Seated waiting = seated;
        if (waiting == null) {
            throw new IllegalStateException("nothing is seated in sandbox " + id);
        }
        try {
            execution = waiting.begin();
            waiting.copy().execute(waiting.begin());
            return channels;
        } catch (RuntimeException e) {
            // A clone that has ended in its seat can say at which step.
            settle();
            close();
            throw new SandboxException("begin", String.valueOf(e.getMessage()), e);
        }
    }

    /** Makes the workload's first process, with the files and channels it is to have. */
    private interface Making {
        void make(WorkloadDescriptors descriptors);
    }

    private List<SocketChannel> attach(Workload workload, Making making) throws SandboxException {
        String phase = "limits";
        List<SocketChannel> ours = new ArrayList<>();
        try (WorkloadDescriptors descriptors = new WorkloadDescriptors()) {
            setLimits(workload.limits());
            phase = "network";
            attachNetwork(workload, descriptors);
            phase = "files";
            descriptors.openFiles(workload);
            phase = "channels";
            for (int i = 0; i < workload.channels(); i++) {
                ChannelPairs.Pair pair = host.channels().connect();
                ours.add(pair.ours());
                descriptors.addChannel(pair.theirs());
            }
            PipeReader pipes = host.pipes();
            descriptors.setOutput(
                    pipes.open(new LineSplitter(output, false)), pipes.open(new LineSplitter(output, true)));
            phase = "execute";
            making.make(descriptors);
            return List.copyOf(ours);
        } catch (IOException | RuntimeException e) {
            closeQuietly(ours);
            close();
            throw new SandboxException(phase, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void settle() throws SandboxException {
        PendingClone clone = takePending();
        if (clone == null) {
            return;
        }
        try {
            Child child = clone.child();
            if (!first.complete(child)) {
                // The sandbox has been closed meanwhile, and the clone has ended with its namespace.
                child.close();
            }
            // Nobody needs the process that waited to execute something.
            prepared.workload().kill();
            prepared.workload().disconnect();
        } catch (RuntimeException e) {
            close();
            throw new SandboxException("clone", String.valueOf(e.getMessage()), e);
        }
    }

    private @Nullable PendingClone takePending() {
        synchronized (pendingLock) {
            PendingClone taken = pending;
            pending = null;
            return taken;
        }
    }

    @Override
    public void awake() {
        if (seated == null || !first.isDone()) {
            return;
        }
        reporting.lock();
        try {
            // The start has succeeded: nobody asks for the reason of a failure any more.
            execution = null;
            first.join().disconnect();
        } finally {
            reporting.unlock();
        }
    }

    private void setLimits(ResourceLimits limits) {
        ControlGroup group = prepared.group();
        group.setMemoryLimit(limits.memoryBytes());
        group.setPidsLimit(limits.pids());
        group.setCpuLimit(limits.cpuMillis());
    }

    private void attachNetwork(Workload workload, WorkloadDescriptors descriptors) throws IOException {
        if (workload.network() == NetworkMode.BRIDGE) {
            network = host.attachToBridge(prepared.init().pid());
            descriptors.setResolverFile(host.resolverFile());
        }
    }

    private Ending workloadEnded(ExitStatus exit) {
        boolean outOfMemory = false;
        long cpu = exit.cpuNanos();
        long peak = exit.peakResidentBytes();
        try {
            outOfMemory = prepared.group().oomKills() > 0;
            cpu = prepared.group().cpuNanos();
            peak = prepared.group().peakMemoryBytes();
        } catch (ControlGroupException e) {
            // The group is gone when the sandbox was closed before its workload ended; the process's own figures
            // remain.
            LOG.debug("no control-group figures for {}", id, e);
        }
        reportExecutionFailure();
        return new Ending(exit.code(), exit.signal(), outOfMemory, cpu, peak);
    }

    @Override
    public MemoryUse memory() {
        long charged = prepared.group().memoryBytes();
        long own = 0;
        long shared = 0;
        for (int member : prepared.group().pids()) {
            Optional<MemoryRollup> rollup = PROCESSES.memory(member);
            own += rollup.map(MemoryRollup::privateBytes).orElse(0L);
            shared += rollup.map(MemoryRollup::sharedBytes).orElse(0L);
        }
        return new MemoryUse(charged, own, shared);
    }

    @Override
    public boolean freeze() {
        return frost.freeze();
    }

    @Override
    public void thaw() {
        frost.thaw();
    }

    @Override
    public void reclaim(long bytes) {
        if (frost.isFrozen()) {
            prepared.group().reclaim(bytes);
        }
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        prepared.init().kill();
        frost.end();
        settleAtEnd();
        prepared.started();
        boolean gone = false;
        try {
            // The kernel lets a namespace's init go only after every process in the namespace.
            awaitEnd(prepared.init().exit());
            awaitEnd(prepared.workload().exit());
            awaitEnd(ending);
            requireEnd(prepared.workload());
            requireEnd(first.join());
            requireEnd(prepared.init());
            releaseNetwork();
            prepared.group().delete(LONGEST_END);
            gone = true;
        } catch (CompletionException | TimeoutException e) {
            LOG.error(
                    "processes of sandbox {} did not end within {}; they are left to the next start", id, LONGEST_END);
        } catch (Exception e) {
            LOG.error("sandbox {} could not be removed completely; the rest is left to the next start", id, e);
        } finally {
            prepared.workload().close();
            first.getNow(prepared.workload()).close();
            closeQuietly(channels);
            prepared.init().close();
            host.released(prepared, gone);
        }
    }

    /** A clone may still come into being, or have been and gone; only when that is known can its end be awaited. */
    private void settleAtEnd() {
        PendingClone clone = takePending();
        if (clone != null) {
            try {
                first.complete(clone.child());
            } catch (RuntimeException e) {
                LOG.debug("the workload of {} was never made", id, e);
            }
        }
        first.complete(prepared.workload());
    }

    /** Not interruptible: whoever gives up half-way would leave processes under ids that the next sandbox gets. */
    private static void awaitEnd(CompletableFuture<?> end) {
        end.copy().orTimeout(LONGEST_END.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** After the launcher's end nobody reports that of its children. */
    private static void requireEnd(Child child) throws TimeoutException {
        if (!child.awaitEnd(LONGEST_END)) {
            throw new TimeoutException("process " + child.pid() + " runs on");
        }
    }

    private void releaseNetwork() throws Exception {
        AutoCloseable attached = network;
        if (attached != null) {
            attached.close();
        }
    }

    private static void closeQuietly(List<SocketChannel> channels) {
        for (SocketChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("closing a channel of a failed start", e);
            }
        }
    }

    private void reportExecutionFailure() {
        LinuxException failure;
        // Its process has ended, so that reading does not block.
        reporting.lock();
        try {
            SyscallProgram program = execution;
            failure = program == null ? null : first.join().executionFailure(program);
        } finally {
            reporting.unlock();
        }
        if (failure != null) {
            output.line(true, "the workload could not be executed: " + failure.getMessage());
        }
    }
}
