package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Captured threads in the form in which a clone recreates them: for each a record that the launcher's program reads and
 * a signal frame that {@code rt_sigreturn} reads, so that a thread needs neither a stack nor a write to begin.
 *
 * <p>The frame is the kernel's {@code struct ucontext} with the extended processor state behind it
 * (arch/x86/include/uapi/asm/sigcontext.h). Built once; not thread-safe.
 */
public final class ThreadTable {
    private static final int PAGE = 4096;
    private static final int FRAME_ALIGNMENT = 64;
    private static final int CONTEXT = 304;
    private static final long UC_FP_XSTATE_AND_SS = 7;
    private static final int FXSAVE = 512;
    private static final int XSAVE_HEADER = 64;
    private static final int SOFTWARE_BYTES = 464;
    private static final int MAGIC1 = 0x46505853;
    private static final int MAGIC2 = 0x46505845;

    /** XTILECFG and XTILEDATA: permission to use them is a process's, and no default frame holds them. */
    private static final long TILES = 3L << 17;

    private static final int END_WITHOUT_TILES = 2752;

    /** Where each register of {@code struct ucontext} stands in {@code struct user_regs_struct}, from r8 on. */
    private static final int[] REGISTERS = {9, 8, 7, 6, 3, 2, 1, 0, 14, 13, 4, 5, 12, 10, 11, 19, 16, 18};

    private static final int REGISTER_R8 = 40;
    private static final int SEGMENTS = 184;
    private static final int FPSTATE = 224;
    private static final int SIGNAL_MASK = 296;
    private static final int USER_CS = 17;
    private static final int USER_SS = 20;

    private final List<byte[]> records = new ArrayList<>();
    private final List<byte[]> frames = new ArrayList<>();

    /**
     * A thread to be recreated.
     *
     * @param name at most 15 bytes
     * @param registers {@code struct user_regs_struct}, 216 bytes
     * @param extendedState XSAVE area in standard form, as ptrace gives it
     * @param clearThreadId where its C library keeps its id
     * @param threadPointer base of {@code fs}
     */
    public record Entry(
            String name,
            byte[] registers,
            byte[] extendedState,
            long signalMask,
            long alternateStack,
            int alternateStackFlags,
            long alternateStackSize,
            long robustList,
            long rseq,
            int rseqSize,
            int rseqSignature,
            long clearThreadId,
            long threadPointer) {}

    /** Adds a thread; the first is the main one. */
    public void add(Entry thread) {
        ByteBuffer r = ByteBuffer.allocate(LauncherLayout.THREAD).order(ByteOrder.LITTLE_ENDIAN);
        r.putLong(LauncherLayout.THREAD_ROBUST_LIST, thread.robustList());
        r.putLong(LauncherLayout.THREAD_RSEQ, thread.rseq());
        r.putInt(LauncherLayout.THREAD_RSEQ_SIZE, thread.rseqSize());
        r.putInt(LauncherLayout.THREAD_RSEQ_SIGNATURE, thread.rseqSignature());
        r.putLong(LauncherLayout.THREAD_CLEAR_THREAD_ID, thread.clearThreadId());
        r.putLong(LauncherLayout.THREAD_THREAD_POINTER, thread.threadPointer());
        byte[] name = thread.name().getBytes(StandardCharsets.UTF_8);
        r.put(LauncherLayout.THREAD_NAME, name, 0, Math.min(15, name.length));
        records.add(r.array());
        frames.add(frame(thread));
    }

    /** How many threads there are. */
    public int size() {
        return records.size();
    }

    private static byte[] frame(Entry thread) {
        byte[] state = thread.extendedState();
        ByteBuffer x = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
        long features = x.getLong(SOFTWARE_BYTES);
        int size = state.length;
        if ((features & TILES) != 0) {
            features &= ~TILES;
            size = Math.min(size, END_WITHOUT_TILES);
        }
        int stateAt = (CONTEXT + FRAME_ALIGNMENT - 1) / FRAME_ALIGNMENT * FRAME_ALIGNMENT;
        ByteBuffer f = ByteBuffer.allocate(stateAt + size + 4).order(ByteOrder.LITTLE_ENDIAN);
        f.putLong(0, UC_FP_XSTATE_AND_SS);
        f.putLong(16, thread.alternateStack());
        f.putInt(24, thread.alternateStackFlags());
        f.putLong(32, thread.alternateStackSize());
        ByteBuffer registers = ByteBuffer.wrap(thread.registers()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < REGISTERS.length; i++) {
            f.putLong(REGISTER_R8 + 8 * i, registers.getLong(8 * REGISTERS[i]));
        }
        f.putShort(SEGMENTS, (short) registers.getLong(8 * USER_CS));
        f.putShort(SEGMENTS + 6, (short) registers.getLong(8 * USER_SS));
        f.putLong(SIGNAL_MASK, thread.signalMask());
        f.put(stateAt, state, 0, size);
        f.putInt(stateAt + SOFTWARE_BYTES, MAGIC1);
        f.putInt(stateAt + SOFTWARE_BYTES + 4, size + 4);
        f.putLong(stateAt + SOFTWARE_BYTES + 8, features);
        f.putInt(stateAt + SOFTWARE_BYTES + 16, size);
        f.put(stateAt + SOFTWARE_BYTES + 20, new byte[28]);
        f.putLong(stateAt + FXSAVE, f.getLong(stateAt + FXSAVE) & features);
        f.put(stateAt + FXSAVE + 8, new byte[XSAVE_HEADER - 8]);
        f.putInt(stateAt + size, MAGIC2);
        return f.array();
    }

    /** The bytes to be mapped at {@link CloneServer#THREADS}; a multiple of the page size. */
    public byte[] encode() {
        int length = align(records.size() * LauncherLayout.THREAD);
        for (byte[] frame : frames) {
            length = align(length + frame.length);
        }
        ByteBuffer all = ByteBuffer.allocate((length + PAGE - 1) / PAGE * PAGE).order(ByteOrder.LITTLE_ENDIAN);
        int at = align(records.size() * LauncherLayout.THREAD);
        for (int i = 0; i < records.size(); i++) {
            byte[] frame = frames.get(i);
            all.put(i * LauncherLayout.THREAD, records.get(i));
            all.putLong(i * LauncherLayout.THREAD + LauncherLayout.THREAD_FRAME, CloneServer.THREADS + at);
            all.put(at, frame);
            int stateAt = at + align(CONTEXT);
            all.putLong(at + FPSTATE, CloneServer.THREADS + stateAt);
            at = align(at + frame.length);
        }
        return all.array();
    }

    private static int align(int length) {
        return (length + FRAME_ALIGNMENT - 1) / FRAME_ALIGNMENT * FRAME_ALIGNMENT;
    }

    /**
     * Adds the step that makes {@code threads} threads and continues as the first; nothing follows it.
     *
     * @param memory where the program's own memory is, which goes away
     */
    public static void wake(SyscallProgram program, int threads, MemoryMapping memory) {
        program.call(
                "wake(" + threads + " threads)",
                LauncherLayout.SPECIAL_WAKE,
                number(CloneServer.THREADS),
                number(threads),
                number(memory.start()),
                number(memory.length()));
    }
}
