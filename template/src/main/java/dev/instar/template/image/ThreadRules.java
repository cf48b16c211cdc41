package dev.instar.template.image;

import static dev.instar.template.image.Rule.require;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What threads must be like: nothing in their registers reaches beyond user space. */
final class ThreadRules {
    private static final int MOST_THREADS = 1024;
    private static final int MOST_ID = 1 << 22;
    private static final int NAME_BYTES = 15;
    private static final int REGISTERS = 216;
    private static final int XSAVE_HEADER = 512;
    private static final int XSAVE_LEAST = 576;
    private static final int XSAVE_MOST = 16 << 10;
    private static final int MXCSR = 24;
    private static final int SS_DISABLE = 2;
    private static final int SS_AUTODISARM = 1 << 31;
    private static final int MOST_RSEQ = 4096;

    // Places in struct user_regs_struct, in words.
    private static final int RIP = 16;
    private static final int CS = 17;
    private static final int EFLAGS = 18;
    private static final int RSP = 19;
    private static final int SS = 20;
    private static final int FS_BASE = 21;
    private static final int GS_BASE = 22;
    private static final int USER_CS = 0x33;
    private static final int USER_SS = 0x2b;

    /** Input/output privilege level, nested task, virtual 8086 mode and what else only the kernel sets. */
    private static final long PRIVILEGED_FLAGS = ~0x25_0fd7L;

    // SCHED_NORMAL, SCHED_BATCH and SCHED_IDLE; the others need privileges that no sandbox has.
    private static final Set<Integer> POLICIES = Set.of(0, 3, 5);

    private ThreadRules() {}

    static void check(List<ThreadState> threads, long features) throws InvalidImageException {
        require(
                Rule.isBetween(threads.size(), 1, MOST_THREADS),
                "%d threads; 1 to %d are possible",
                threads.size(),
                MOST_THREADS);
        Set<Integer> ids = new HashSet<>();
        for (ThreadState thread : threads) {
            String name = "thread " + thread.id();
            require(
                    Rule.isBetween(thread.id(), 1, MOST_ID) && ids.add(thread.id()),
                    "%s: not an id, or there twice",
                    name);
            identity(name, thread);
            registers(name, words(thread.registers(), name));
            extendedState(name, thread.extendedState(), features);
            addresses(name, thread);
        }
    }

    private static void identity(String name, ThreadState thread) throws InvalidImageException {
        require(
                thread.name().getBytes(StandardCharsets.UTF_8).length <= NAME_BYTES
                        && thread.name().indexOf('\0') < 0,
                "%s: a name that the kernel refuses",
                name);
        require(POLICIES.contains(thread.policy()), "%s: scheduling policy %d", name, thread.policy());
        require(Rule.isBetween(thread.nice(), -20, 19), "%s: nice value %d", name, thread.nice());
    }

    private static ByteBuffer words(Bytes registers, String name) throws InvalidImageException {
        require(registers.length() == REGISTERS, "%s: %d bytes of registers", name, registers.length());
        return ByteBuffer.wrap(registers.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void registers(String name, ByteBuffer words) throws InvalidImageException {
        for (int register : new int[] {RIP, RSP, FS_BASE, GS_BASE}) {
            long value = words.getLong(register * Long.BYTES);
            require(Rule.isAddressOrNone(value), "%s: register %d points out of user space: %x", name, register, value);
        }
        require(
                words.getLong(CS * Long.BYTES) == USER_CS && words.getLong(SS * Long.BYTES) == USER_SS,
                "%s: segments that are not those of 64-bit user code",
                name);
        require(
                (words.getLong(EFLAGS * Long.BYTES) & PRIVILEGED_FLAGS) == 0,
                "%s: flags that user code cannot set: %x",
                name,
                words.getLong(EFLAGS * Long.BYTES));
    }

    /** What XRSTOR would refuse with a fault (Intel SDM volume 1, 13.8). */
    private static void extendedState(String name, Bytes state, long features) throws InvalidImageException {
        require(
                Rule.isBetween(state.length(), XSAVE_LEAST, XSAVE_MOST),
                "%s: %d bytes of extended state",
                name,
                state.length());
        ByteBuffer area = ByteBuffer.wrap(state.toArray()).order(ByteOrder.LITTLE_ENDIAN);
        require((area.getInt(MXCSR) & 0xffff_0000) == 0, "%s: reserved bits of MXCSR are set", name);
        require(
                (area.getLong(XSAVE_HEADER) & ~features) == 0,
                "%s: extended state of components %x, the image has %x",
                name,
                area.getLong(XSAVE_HEADER),
                features);
        for (int at = XSAVE_HEADER + Long.BYTES; at < XSAVE_LEAST; at += Long.BYTES) {
            require(area.getLong(at) == 0, "%s: extended state in a form other than the standard one", name);
        }
    }

    private static void addresses(String name, ThreadState thread) throws InvalidImageException {
        ThreadState.AlternateStack stack = thread.alternateStack();
        require(
                (stack.flags() & ~(SS_DISABLE | SS_AUTODISARM)) == 0
                        && Rule.isAddressOrNone(stack.start())
                        && Rule.isBetween(stack.size(), 0, Rule.END_OF_ADDRESSES - stack.start()),
                "%s: alternate stack",
                name);
        require(Rule.isAddressOrNone(thread.robustList()), "%s: robust list", name);
        require(Rule.isAddressOrNone(thread.clearThreadId()), "%s: address of the thread id", name);
        require(
                Rule.isAddressOrNone(thread.rseq().address())
                        && Rule.isBetween(thread.rseq().size(), 0, MOST_RSEQ),
                "%s: restartable sequences",
                name);
    }
}
