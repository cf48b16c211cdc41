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
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One use of a sandbox of namespaces: a prepared process that becomes the workload, in a frame that may outlive it. */
final class LinuxSandbox implements Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxSandbox.class);
    private static final ProcFiles PROCESSES = new ProcFiles();
    private static final Duration LONGEST_END = FrameRemoval.LONGEST_END;

    /** Longer than any launcher or zygote takes that runs at all. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(2);

    private static final long POLL_NANOS = 200_000;

    private final String id;
    private final PreparedSandbox prepared;
    private final SandboxHost host;
    private final OutputSink output;
    private final CompletableFuture<Ending> ending;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ReentrantLock reporting = new ReentrantLock();
    private volatile @Nullable SyscallProgram execution;
    private final CompletableFuture<Child> first = new CompletableFuture<>();
    private final Object pendingLock = new Object();
    private @Nullable PendingClone pending;
    private @Nullable CompletableFuture<Void> settling;
    private boolean making;
    private volatile @Nullable Seated seated;
    private volatile List<SocketChannel> channels = List.of();
    private volatile @Nullable AutoCloseable network;

    LinuxSandbox(PreparedSandbox prepared, SandboxHost host, OutputSink output) {
        this.id = prepared.id();
        this.prepared = prepared;
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

    private List<SocketChannel> attach(Workload workload, Making workloads) throws SandboxException {
        String phase = "limits";
        List<SocketChannel> ours = new ArrayList<>();
        beginMaking();
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
            endMaking();
            return List.copyOf(ours);
        } catch (IOException | RuntimeException e) {
            endMaking();
            closeQuietly(ours);
            close();
            throw new SandboxException(phase, String.valueOf(e.getMessage()), e);
        }
    }

    /** As long as somebody makes something in here, nobody can tell that all of it has ended. */
    private void beginMaking() {
        synchronized (pendingLock) {
            making = true;
        }
        if (closed.get()) {
            endMaking();
            throw new IllegalStateException("sandbox " + id + " is closed");
        }
    }

    private void endMaking() {
        synchronized (pendingLock) {
            making = false;
        }
    }

    private boolean isMaking() {
        synchronized (pendingLock) {
            return making;
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
            settled();
        } catch (RuntimeException e) {
            settled();
            close();
            throw new SandboxException("clone", String.valueOf(e.getMessage()), e);
        }
    }

    private void settled() {
        synchronized (pendingLock) {
            CompletableFuture<Void> awaited = settling;
            if (awaited != null) {
                awaited.complete(null);
            }
        }
    }

    private @Nullable PendingClone takePending() {
        synchronized (pendingLock) {
            PendingClone taken = pending;
            pending = null;
            if (taken != null) {
                settling = new CompletableFuture<>();
            }
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
            network = host.attachToBridge(prepared.workload().pid());
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
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        Clearing clearing = null;
        Destruction fate = host.unfit(prepared.frame());
        if (fate == null) {
            clearing = killInside();
            fate = clearing == null ? lost() : null;
        }
        if (fate != null) {
            prepared.init().kill();
        }
        if (!settleAtEnd(clearing) && fate == null) {
            fate = Destruction.CLONE_UNSETTLED;
            prepared.init().kill();
        }
        prepared.started();
        boolean ended = false;
        try {
            awaitProcesses(fate);
            ended = true;
        } catch (CompletionException | TimeoutException e) {
            LOG.error(
                    "processes of sandbox {} did not end within {}; they are left to the next start", id, LONGEST_END);
        } catch (RuntimeException e) {
            LOG.error("the end of sandbox {} could not be awaited; it is left to the next start", id, e);
        } finally {
            prepared.workload().close();
            first.getNow(prepared.workload()).close();
            closeQuietly(channels);
            if (ended) {
                host.ended(id, new EndedUse(prepared.frame().used(), fate, clearing, network));
            } else {
                prepared.init().kill();
                if (clearing != null) {
                    clearing.close();
                }
                prepared.frame().closeDescriptors();
                host.stuck(id);
            }
        }
    }

    private Destruction lost() {
        if (prepared.frame().launcher().hasEnded()) {
            return Destruction.LAUNCHER_LOST;
        }
        return prepared.init().exit().isDone() ? Destruction.KILLED : Destruction.PROCESSES;
    }

    /** Kills what the sandbox holds but its init; null if that cannot be done from inside. */
    private @Nullable Clearing killInside() {
        CompletableFuture<Clearing> entered = CompletableFuture.supplyAsync(
                () -> {
                    Clearing clearing = Clearing.enter(host.framePlan(), prepared.frame());
                    try {
                        clearing.killAll();
                        return clearing;
                    } catch (RuntimeException e) {
                        clearing.close();
                        throw e;
                    }
                },
                host.enders());
        try {
            return entered.copy()
                    .orTimeout(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            LOG.debug("sandbox {} cannot be cleared from inside", id, e);
            // If it comes all the same, nobody waits for it any more.
            CompletableFuture<Void> _ = entered.thenAccept(Clearing::close);
            return null;
        }
    }

    /**
     * A clone may still come into being, or have been and gone; only when that is known can its end be awaited.
     *
     * @param clearing kills what has come meanwhile
     * @return false if its zygote does not tell; then only the end of the pid namespace makes sure that none comes
     */
    private boolean settleAtEnd(@Nullable Clearing clearing) {
        boolean settled = !isMaking();
        PendingClone clone = takePending();
        if (clone != null) {
            // On a thread of its own: under a zygote that is stopped this takes as long as that.
            CompletableFuture<Child> answer = CompletableFuture.supplyAsync(
                    clone::child, task -> Thread.ofPlatform().daemon().start(task));
            settled &= answered(answer.thenAccept(child -> {
                if (!first.complete(child)) {
                    child.close();
                }
            }));
        } else {
            CompletableFuture<Void> elsewhere = settlingElsewhere();
            if (elsewhere != null) {
                settled &= answered(elsewhere);
            }
        }
        first.complete(prepared.workload());
        return settled && (clearing == null || killedAgain(clearing));
    }

    private @Nullable CompletableFuture<Void> settlingElsewhere() {
        synchronized (pendingLock) {
            return settling;
        }
    }

    /** Whether it is known what became of a clone: that there is none is an answer too. */
    private boolean answered(CompletableFuture<Void> answer) {
        try {
            answer.copy()
                    .orTimeout(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            LOG.debug("the workload of {} was never made", id, e);
        }
        return answer.isDone();
    }

    /** A clone that was on its way when all were killed may be there now. */
    private boolean killedAgain(Clearing clearing) {
        if (settlingElsewhere() == null) {
            return true;
        }
        try {
            clearing.killAll();
            return true;
        } catch (RuntimeException e) {
            LOG.debug("sandbox {} cannot be cleared from inside any more", id, e);
            return false;
        }
    }

    /** Every process has ended and been reaped: what they had is free. */
    private void awaitProcesses(@Nullable Destruction fate) throws TimeoutException {
        if (fate != null) {
            // The kernel lets a namespace's init go only after every process in the namespace.
            awaitEnd(prepared.init().exit());
        }
        awaitEnd(prepared.workload().exit());
        awaitEnd(ending);
        requireEnd(prepared.workload());
        requireEnd(first.join());
        if (fate != null) {
            requireEnd(prepared.init());
        }
        long deadline = System.nanoTime() + LONGEST_END.toNanos();
        while (prepared.group().tasks() > 0) {
            if (System.nanoTime() - deadline >= 0) {
                throw new TimeoutException("processes " + prepared.group().pids() + " run on");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
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
