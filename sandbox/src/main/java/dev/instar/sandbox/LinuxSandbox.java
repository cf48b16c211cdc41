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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One use of a sandbox of namespaces: a prepared process that becomes the workload, in a frame that may outlive it. */
final class LinuxSandbox implements Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxSandbox.class);
    private static final Duration LONGEST_KILL = Duration.ofSeconds(2);
    private static final ProcFiles PROCESSES = new ProcFiles();

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
    private final CloneSettling settling = new CloneSettling();
    private volatile @Nullable Seated seated;
    private volatile List<SocketChannel> channels = List.of();
    private final AtomicReference<@Nullable AutoCloseable> network = new AtomicReference<>();

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
            PendingClone clone = source.clone(prepared.init(), prepared.birthPlace(), seat);
            settling.asked(clone);
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

    private List<SocketChannel> attach(Workload workload, Making workloads) throws SandboxException {
        String phase = "limits";
        List<SocketChannel> ours = new ArrayList<>();
        if (!settling.tryBegin()) {
            throw new SandboxException("sandbox", "sandbox " + id + " is closed");
        }
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
            workloads.make(descriptors);
            settling.end();
            detachIfClosed();
            return List.copyOf(ours);
        } catch (IOException | RuntimeException e) {
            settling.end();
            closeQuietly(ours);
            close();
            detachIfClosed();
            throw new SandboxException(phase, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void settle() throws SandboxException {
        PendingClone clone = settling.take();
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
            Child waited = prepared.workload();
            waited.kill();
            // With thousands of instances every descriptor counts.
            CompletableFuture<Void> end = waited.exit().thenRun(waited::close);
            settling.settled();
            if (execution == null) {
                // Nobody waits for this copy yet, and it is to find itself alone.
                end.orTimeout(LONGEST_KILL.toMillis(), TimeUnit.MILLISECONDS).join();
            }
        } catch (RuntimeException e) {
            settling.settled();
            close();
            throw new SandboxException("clone", String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void awake() {
        if (seated == null || !first.isDone()) {
            return;
        }
        reporting.lock();
        try {
            // The start has succeeded: nobody asks for the reason of a failure any more, and the launcher tells of its
            // end.
            execution = null;
            first.join().close();
        } finally {
            reporting.unlock();
        }
    }

    private void setLimits(ResourceLimits limits) {
        ControlGroup group = prepared.group();
        group.setMemoryLimit(limits.memoryBytes());
        // A group that is ready has none.
        limits.memoryHighBytes().ifPresent(group::setMemoryHigh);
        group.setPidsLimit(limits.pids());
        group.setCpuLimit(limits.cpuMillis());
    }

    private void attachNetwork(Workload workload, WorkloadDescriptors descriptors) throws IOException {
        if (workload.network() == NetworkMode.BRIDGE) {
            network.set(host.attachToBridge(prepared.workload().pid()));
            descriptors.setResolverFile(host.resolverFile());
        }
    }

    private Ending workloadEnded(ExitStatus exit) {
        GroupCounters now = prepared.before();
        try {
            now = GroupCounters.of(prepared.group());
        } catch (ControlGroupException e) {
            // Gone with a sandbox that was destroyed before this was told; the process's own figures remain.
            LOG.debug("no control-group figures for {}", id, e);
        }
        reportExecutionFailure();
        return prepared.before().ending(now, exit);
    }

    /** For a sandbox that was closed while it was started. */
    private void detachIfClosed() {
        if (closed.get()) {
            detach(network.getAndSet(null));
        }
    }

    private void detach(@Nullable AutoCloseable attached) {
        try {
            if (attached != null) {
                attached.close();
            }
        } catch (Exception e) {
            LOG.error("the port of sandbox {} could not be taken off the bridge", id, e);
        }
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
        if (!settling.tryBegin()) {
            return false;
        }
        try {
            return frost.freeze();
        } finally {
            settling.end();
        }
    }

    @Override
    public void thaw() {
        frost.thaw();
    }

    @Override
    public void reclaim(long bytes) {
        // What is under way when the sandbox is closed must not meet the next use of its group.
        if (!settling.tryBegin()) {
            return;
        }
        try {
            if (frost.isFrozen()) {
                prepared.group().reclaim(bytes);
            }
        } finally {
            settling.end();
        }
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        UseEnd end = new UseEnd(prepared, host, settling, frost, first, ending);
        AutoCloseable attached = network.getAndSet(null);
        Optional<EndedUse> ended = end.run(attached);
        prepared.workload().close();
        first.getNow(prepared.workload()).close();
        closeQuietly(channels);
        if (ended.isPresent()) {
            host.ended(id, ended.get());
        } else {
            detach(attached);
            host.stuck(id, prepared.frame());
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
