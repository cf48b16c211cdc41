package dev.instar.linux;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A child of the launcher that makes clones of itself: a zygote, once programs have built a captured process's memory
 * in it. Clones are siblings of it, so they outlive it, and the launcher reaps them. Thread-safe.
 *
 * <p>A clone's first program is sent before the clone exists, and the answer with its process id is read only when
 * somebody asks: on the way to a clone's first instruction nobody but the zygote and the clone is woken.
 */
public final class CloneServer implements AutoCloseable {
    /** Addresses that the program uses itself: nothing that is captured may lie here. */
    public static final long RESERVED_START = 0x5000_0000_0000L;

    /** First address behind. */
    public static final long RESERVED_END = RESERVED_START + 0x4000_0000L;

    /** Where the table of captured threads is mapped. */
    public static final long THREADS = RESERVED_START + 0x2000_0000L;

    private static final long PARKING = RESERVED_START + 0x1000_0000L;
    private static final int READ_AND_EXECUTE = 5;

    private final Child process;
    private final Launcher launcher;
    private final ReentrantLock sending = new ReentrantLock();
    private final ReentrantLock receiving = new ReentrantLock();
    private final Queue<CompletableFuture<SeqpacketSocket.Message>> awaited = new ArrayDeque<>();

    CloneServer(Child process, Launcher launcher) {
        this.process = process;
        this.launcher = launcher;
    }

    /** Process id on the host. */
    public int pid() {
        return process.pid();
    }

    /** What the process has mapped now. */
    public List<MemoryMapping> mappings() {
        return new ProcFiles().mappings(pid()).orElse(List.of());
    }

    /** Completes when the process has ended. Its clones live on. */
    public CompletableFuture<ExitStatus> exit() {
        return process.exit();
    }

    /**
     * Runs a program in the process itself, before it makes its first clone.
     *
     * @throws LinuxException naming the step that failed; the process has ended then
     */
    public long run(SyscallProgram program) {
        return process.run(program);
    }

    /**
     * Empties the process's address space but for this program, and moves the kernel's special mappings, such as
     * {@code [vdso]}, to where they are wanted. Every signal stays blocked from now on: handlers of a captured process
     * must never run here, with these privileges.
     *
     * @param places new address by name
     * @return the program's own memory, which a clone unmaps as it wakes up
     * @throws LinuxException naming the step that failed; the process has ended then
     * @throws IllegalArgumentException if the kernel has none of a name
     */
    public MemoryMapping clear(Map<String, Long> places) {
        SyscallProgram program = new SyscallProgram();
        new Steps(program).blockSignals();
        AddressSpaceSteps memory = new AddressSpaceSteps(program);
        MemoryMapping own = null;
        Map<String, MemoryMapping> special = new HashMap<>();
        for (MemoryMapping mapping : mappings()) {
            if (mapping.start() >= RESERVED_START && mapping.end() <= RESERVED_END) {
                if (mapping.executable()) {
                    // While the program's file is mapped, the kernel refuses to let another be the executable.
                    memory.mapPrivate(
                            mapping.start(),
                            mapping.length(),
                            READ_AND_EXECUTE,
                            program.descriptor(launcher.programImage()),
                            mapping.offset());
                } else {
                    own = mapping;
                }
            } else if (places.containsKey(mapping.name())) {
                special.put(mapping.name(), mapping);
            } else if (!mapping.name().equals("[vsyscall]")) {
                memory.unmap(mapping.start(), mapping.length());
            }
        }
        if (!special.keySet().equals(places.keySet())) {
            throw new IllegalArgumentException("this kernel maps " + special.keySet() + ", not " + places.keySet());
        }
        // In two moves: the places may overlap where the mappings are now.
        long parked = PARKING;
        for (Map.Entry<String, MemoryMapping> each : special.entrySet()) {
            memory.move(each.getValue().start(), each.getValue().length(), parked);
            parked += each.getValue().length();
        }
        parked = PARKING;
        for (Map.Entry<String, MemoryMapping> each : special.entrySet()) {
            memory.move(parked, each.getValue().length(), Objects.requireNonNull(places.get(each.getKey())));
            parked += each.getValue().length();
        }
        run(program);
        return Objects.requireNonNull(own);
    }

    /** From now on the process outlives a clone that could not be made. */
    public void persist() {
        SyscallProgram program = new SyscallProgram();
        program.call("persist", LauncherLayout.SPECIAL_PERSIST);
        run(program);
    }

    /**
     * Asks for a clone that keeps every signal blocked and runs {@code first}; returns without waiting for it.
     *
     * @param pidNamespaceOf a process whose pid namespace the clone joins
     * @param cgroupDirectory a v2 control group to be born in, or null
     * @param threadIdAddress where the clone's memory holds its thread id, or 0
     * @throws LinuxException if the process has ended
     */
    public PendingClone clone(
            Child pidNamespaceOf, @Nullable Fd cgroupDirectory, long threadIdAddress, SyscallProgram first) {
        CloneRequest how = new CloneRequest(
                CloneFlags.PARENT, pidNamespaceOf, cgroupDirectory, threadIdAddress, LauncherLayout.KEEP_SIGNAL_MASK);
        SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        try (Fd theirs = pair.theirs()) {
            ProgramRunner programs = new ProgramRunner(pair.ours());
            programs.send(first);
            SyscallProgram program = how.program(theirs);
            CompletableFuture<SeqpacketSocket.Message> answer = new CompletableFuture<>();
            // Answers match requests by order; the socket's buffer takes a message without blocking.
            sending.lock();
            try {
                process.programs().send(program);
                awaited.add(answer);
            } finally {
                sending.unlock();
            }
            return new PendingClone(this, first, program, programs, answer);
        } catch (RuntimeException failed) {
            pair.ours().close();
            throw failed;
        }
    }

    /** Reads answers until this one is there: at once if the clone has shown itself already. */
    Child await(PendingClone clone) {
        while (!clone.answer().isDone()) {
            readOne(clone);
        }
        try {
            SeqpacketSocket.Message message = clone.answer().join();
            ProgramRunner.Answer answer =
                    ProgramRunner.Answer.parse(message.bytes()).orThrow(clone.program());
            return new Child(
                    answer.pid(), message.descriptors().getFirst(), clone.programs(), launcher.adopt(answer.pid()));
        } catch (CompletionException e) {
            throw new IllegalStateException("the zygote has ended", e);
        }
    }

    private void readOne(PendingClone wanted) {
        // Held across a read that may block: whoever else wants an answer waits for the same socket.
        receiving.lock();
        try {
            if (wanted.answer().isDone()) {
                return;
            }
            SeqpacketSocket.Message message = process.programs().receive();
            sending.lock();
            try {
                if (message.bytes().length == 0) {
                    awaited.forEach(
                            each -> each.completeExceptionally(new IllegalStateException("the zygote has ended")));
                    awaited.clear();
                } else {
                    awaited.remove().complete(message);
                }
            } finally {
                sending.unlock();
            }
        } finally {
            receiving.unlock();
        }
    }

    /** Ends the process; clones of it live on. */
    @Override
    public void close() {
        process.kill();
        process.exit().join();
        process.close();
    }
}
