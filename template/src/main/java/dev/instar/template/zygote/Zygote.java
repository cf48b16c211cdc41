package dev.instar.template.zygote;

import dev.instar.linux.AddressSpaceSteps;
import dev.instar.linux.Child;
import dev.instar.linux.CloneServer;
import dev.instar.linux.CloneSource;
import dev.instar.linux.DescriptorSteps;
import dev.instar.linux.ExitStatus;
import dev.instar.linux.Fd;
import dev.instar.linux.MemoryMapping;
import dev.instar.linux.PendingClone;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import dev.instar.linux.ThreadTable;
import dev.instar.template.image.Descriptor;
import dev.instar.template.image.Descriptor.PipeEnd;
import dev.instar.template.image.Image;
import dev.instar.template.image.ProcessState;
import dev.instar.template.image.SignalAction;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A parked process whose address space maps a template copy-on-write. It was built from an image by trusted code and
 * has never run any of the function's; clones of it do, once they have given up every privilege. Thread-safe.
 */
public final class Zygote implements CloneSource, AutoCloseable {
    /** Below the launcher program's own descriptors, above what images may hold. */
    private static final int PASSING_NUMBERS = 910;

    private static final int RLIMIT_NOFILE = 7;
    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;

    private final CloneServer process;
    private final Image image;
    private final MemoryMapping programMemory;
    private volatile WorkingSet workingSet = WorkingSet.NONE;

    Zygote(CloneServer process, Image image, MemoryMapping programMemory) {
        this.process = process;
        this.image = image;
        this.programMemory = programMemory;
    }

    /** Process id on the host. */
    public int pid() {
        return process.pid();
    }

    /** What it was built from. */
    public Image image() {
        return image;
    }

    /** Completes when the process has ended, which is not meant to happen by itself. */
    public CompletableFuture<ExitStatus> exit() {
        return process.exit();
    }

    /** What clones from now on are given before they run. */
    public void setWorkingSet(WorkingSet value) {
        workingSet = value;
    }

    @Override
    public void populate(Steps steps) {
        AddressSpaceSteps memory = new AddressSpaceSteps(steps.program());
        WorkingSet known = workingSet;
        for (WorkingSet.Range range : known.written()) {
            memory.advise(range.start(), range.length(), MADV_POPULATE_WRITE);
            steps.program().tolerateAll();
        }
        for (WorkingSet.Range range : known.read()) {
            memory.advise(range.start(), range.length(), MADV_POPULATE_READ);
            steps.program().tolerateAll();
        }
    }

    @Override
    public PendingClone clone(Child pidNamespaceOf, @Nullable Fd cgroupDirectory, SyscallProgram program) {
        return process.clone(
                pidNamespaceOf, cgroupDirectory, image.threads().getFirst().clearThreadId(), program);
    }

    /** Duplicates and members of epoll sets come last, for they may refer to any other. */
    @Override
    public void restoreDescriptors(Steps steps) {
        DescriptorSteps each = new DescriptorSteps(steps.program(), PASSING_NUMBERS);
        restoreFiles(each);
        for (Descriptor descriptor : image.descriptors()) {
            if (descriptor instanceof Descriptor.Duplicate duplicate) {
                each.duplicate(duplicate.number(), duplicate.closeOnExec(), duplicate.of());
            }
        }
        for (Descriptor descriptor : image.descriptors()) {
            if (descriptor instanceof Descriptor.Epoll epoll) {
                epoll.interests().forEach(i -> each.interest(epoll.number(), i.descriptor(), i.events(), i.data()));
            }
        }
    }

    private void restoreFiles(DescriptorSteps each) {
        Map<Long, PipeEnd> halves = new HashMap<>();
        for (Descriptor descriptor : image.descriptors()) {
            int number = descriptor.number();
            boolean closeOnExec = descriptor.closeOnExec();
            switch (descriptor) {
                case Descriptor.Epoll _ -> each.epoll(number, closeOnExec);
                case Descriptor.EventCounter counter ->
                    each.eventCounter(number, closeOnExec, counter.count(), counter.flags());
                case Descriptor.Timer timer ->
                    each.timer(
                            number,
                            closeOnExec,
                            timer.clock(),
                            timer.flags(),
                            timer.remainingNanos(),
                            timer.intervalNanos());
                case Descriptor.Signals signals -> each.signals(number, closeOnExec, signals.mask(), signals.flags());
                case Descriptor.UnconnectedSocket socket ->
                    each.socket(number, closeOnExec, socket.domain(), socket.type(), socket.protocol());
                case PipeEnd end -> {
                    PipeEnd other = halves.remove(end.pipe());
                    if (other == null) {
                        halves.put(end.pipe(), end);
                    } else {
                        pipe(each, end.writeEnd() ? other : end, end.writeEnd() ? end : other);
                    }
                }
                case Descriptor.OpenFile file ->
                    each.open(number, closeOnExec, file.path(), file.flags(), file.position());
                case Descriptor.Duplicate _ -> {
                    // What it is the same as has to be there first.
                }
            }
        }
        halves.values().forEach(end -> pipe(each, end.writeEnd() ? null : end, end.writeEnd() ? end : null));
    }

    private static void pipe(DescriptorSteps steps, @Nullable PipeEnd reading, @Nullable PipeEnd writing) {
        PipeEnd any = reading != null ? reading : writing;
        if (any != null) {
            steps.pipe(end(reading), end(writing), any.unread().toArray(), any.capacity());
        }
    }

    private static DescriptorSteps.End end(@Nullable PipeEnd end) {
        return end == null
                ? new DescriptorSteps.End(-1, true, 0)
                : new DescriptorSteps.End(end.number(), end.closeOnExec(), end.flags());
    }

    @Override
    public void restoreProcess(Steps steps, byte[] filter) {
        steps.umask(image.process().umask());
        steps.chdir(image.process().workingDirectory());
        steps.dumpable();
        ProcessState.Limit files = image.process().openFiles();
        steps.setLimit(RLIMIT_NOFILE, files.soft(), files.hard());
        for (ProcessState.Given given : image.process().given()) {
            if (given.closeOnExec()) {
                steps.closeOnExecution(given.number());
            }
        }
        for (SignalAction action : image.signalActions()) {
            steps.signalAction(action.signal(), action.handler(), action.flags(), action.restorer(), action.mask());
        }
        steps.seccomp(filter);
    }

    @Override
    public void wake(Steps steps) {
        ThreadTable.wake(steps.program(), image.threads().size(), programMemory);
    }

    /** Ends the process; instances cloned from it live on. */
    @Override
    public void close() {
        process.close();
    }
}
