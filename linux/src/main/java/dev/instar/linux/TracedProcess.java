package dev.instar.linux;

import static dev.instar.linux.Registers.Name.RSP;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A process all of whose threads are stopped. Only {@link Tracer}'s thread may use it, until the work has ended. */
public final class TracedProcess {
    private static final int RED_ZONE = 128;
    private static final String STACK = "[stack]";

    private final int pid;
    private final Duration limit;
    private final List<TracedThread> threads;
    private final List<MemoryMapping> mappings;
    private final ProcessMemory memory;
    private final long systemCallInstruction;
    private final long scratch;

    TracedProcess(int pid, Duration limit, List<TracedThread> threads, ProcessMemory memory) throws IOException {
        this.pid = pid;
        this.limit = limit;
        this.threads = List.copyOf(threads);
        this.memory = memory;
        this.mappings = new ProcFiles()
                .mappings(pid)
                .orElseThrow(() ->
                        new TraceException(TraceException.Reason.ENDED, "process " + pid + " has no memory any more"));
        this.systemCallInstruction = findSystemCallInstruction();
        this.scratch = findScratch();
    }

    /** Its id, as this process sees it. */
    public int pid() {
        return pid;
    }

    /** The main thread first. */
    public List<TracedThread> threads() {
        return threads;
    }

    /** Its address space, by ascending address. */
    public List<MemoryMapping> mappings() {
        return mappings;
    }

    /** Its memory; closed when the work has ended. */
    public ProcessMemory memory() {
        return memory;
    }

    /** Begins to issue system calls as one of the threads. */
    public Injection inject(TracedThread thread) throws IOException {
        return new Injection(this, thread);
    }

    long systemCallInstruction() {
        return systemCallInstruction;
    }

    long scratch() {
        return scratch;
    }

    /** Waits until a thread that was let go stops again. */
    WaitStatus await(int tid) throws TraceException {
        WaitStatus status = Ptrace.await(tid, System.nanoTime() + limit.toNanos());
        if (status == null) {
            throw new TraceException(
                    TraceException.Reason.NOT_STOPPING, "thread " + tid + " does not stop within " + limit);
        }
        if (status.ended()) {
            throw new TraceException(TraceException.Reason.ENDED, "thread " + tid + " has ended");
        }
        return status;
    }

    /** The vdso has such an instruction, for calls it cannot answer itself; otherwise some library has. */
    private long findSystemCallInstruction() throws IOException {
        for (boolean vdso : new boolean[] {true, false}) {
            for (MemoryMapping mapping : mappings) {
                if (mapping.name().equals("[vdso]") == vdso
                        && mapping.executable()
                        && !mapping.name().equals("[vsyscall]")) {
                    byte[] code = memory.read(mapping.start(), Math.toIntExact(Math.min(mapping.length(), 1 << 24)));
                    for (int i = 0; i + 1 < code.length; i++) {
                        if (code[i] == 0x0f && code[i + 1] == 0x05) {
                            return mapping.start() + i;
                        }
                    }
                }
            }
        }
        throw new IOException("process " + pid + " has no instruction for system calls");
    }

    /** Memory that calls may write to: on the main thread's stack, where nothing is, or else anywhere on a stack. */
    private long findScratch() throws IOException {
        long below = (threads.getFirst().registers().get(RSP) - RED_ZONE - Injection.SCRATCH_BYTES) & -64L;
        for (MemoryMapping mapping : mappings) {
            if (mapping.privatelyWritable() && mapping.start() <= below && below < mapping.end()) {
                return below;
            }
        }
        return mappings.stream()
                .filter(mapping -> mapping.privatelyWritable() && mapping.name().equals(STACK))
                .findFirst()
                .map(stack -> stack.end() - PageMap.PAGE)
                .orElseThrow(() -> new IOException("process " + pid + " has no stack"));
    }
}
