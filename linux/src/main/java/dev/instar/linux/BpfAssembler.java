package dev.instar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Assembles classic BPF with labels. A conditional jump reaches only 255 instructions ahead; where its target lies
 * further, an unconditional jump is put right behind it. Targets lie ahead, since the kernel refuses backward jumps.
 */
final class BpfAssembler {
    static final int INSTRUCTION_BYTES = 8;

    // Conditional jumps comparing the accumulator, unsigned, with a constant.
    static final short JEQ = 0x15;
    static final short JGT = 0x25;
    static final short JGE = 0x35;

    private static final short LOAD_WORD = 0x20;
    private static final short AND = 0x54;
    private static final short JUMP = 0x05;
    private static final short RETURN = 0x06;
    private static final int REACH = 255;
    private static final int UNPLACED = -1;

    private sealed interface Item {
        int size();
    }

    private record Plain(short code, int operand) implements Item {
        @Override
        public int size() {
            return 1;
        }
    }

    private record Jump(int target) implements Item {
        @Override
        public int size() {
            return 1;
        }
    }

    private record Branch(short code, int operand, int ifTrue, int ifFalse, boolean farTrue, boolean farFalse)
            implements Item {
        @Override
        public int size() {
            return 1 + (farTrue ? 1 : 0) + (farFalse ? 1 : 0);
        }
    }

    private final List<Item> items = new ArrayList<>();
    /** For each label, the index of the item it stands before. */
    private final List<Integer> labels = new ArrayList<>();

    int newLabel() {
        labels.add(UNPLACED);
        return labels.size() - 1;
    }

    void place(int label) {
        labels.set(label, items.size());
    }

    void load(int offset) {
        items.add(new Plain(LOAD_WORD, offset));
    }

    void and(int mask) {
        items.add(new Plain(AND, mask));
    }

    void ret(int value) {
        items.add(new Plain(RETURN, value));
    }

    void jump(int target) {
        items.add(new Jump(target));
    }

    void branch(short code, int operand, int ifTrue, int ifFalse) {
        items.add(new Branch(code, operand, ifTrue, ifFalse, false, false));
    }

    /** The program as packed little-endian instructions. */
    byte[] assemble() {
        int[] addresses = addresses();
        while (lengthen(addresses)) {
            addresses = addresses();
        }
        ByteBuffer out =
                ByteBuffer.allocate(addresses[items.size()] * INSTRUCTION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < items.size(); i++) {
            emit(out, items.get(i), addresses, addresses[i] + 1);
        }
        return out.array();
    }

    private int[] addresses() {
        int[] addresses = new int[items.size() + 1];
        for (int i = 0; i < items.size(); i++) {
            addresses[i + 1] = addresses[i] + items.get(i).size();
        }
        return addresses;
    }

    /** Gives trampolines to branches that need them now; once given they stay, so this ends. */
    private boolean lengthen(int[] addresses) {
        boolean changed = false;
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Branch branch) {
                int next = addresses[i] + 1;
                boolean farTrue = branch.farTrue() || distance(addresses, branch.ifTrue(), next) > REACH;
                boolean farFalse = branch.farFalse() || distance(addresses, branch.ifFalse(), next) > REACH;
                if (farTrue != branch.farTrue() || farFalse != branch.farFalse()) {
                    items.set(
                            i,
                            new Branch(
                                    branch.code(),
                                    branch.operand(),
                                    branch.ifTrue(),
                                    branch.ifFalse(),
                                    farTrue,
                                    farFalse));
                    changed = true;
                }
            }
        }
        return changed;
    }

    private void emit(ByteBuffer out, Item item, int[] addresses, int next) {
        switch (item) {
            case Plain(short code, int operand) -> put(out, code, 0, 0, operand);
            case Jump(int target) -> put(out, JUMP, 0, 0, distance(addresses, target, next));
            case Branch branch -> {
                int ifTrue = branch.farTrue() ? 0 : distance(addresses, branch.ifTrue(), next);
                int ifFalse =
                        branch.farFalse() ? (branch.farTrue() ? 1 : 0) : distance(addresses, branch.ifFalse(), next);
                put(out, branch.code(), ifTrue, ifFalse, branch.operand());
                int trampoline = next;
                if (branch.farTrue()) {
                    put(out, JUMP, 0, 0, distance(addresses, branch.ifTrue(), ++trampoline));
                }
                if (branch.farFalse()) {
                    put(out, JUMP, 0, 0, distance(addresses, branch.ifFalse(), ++trampoline));
                }
            }
        }
    }

    private int distance(int[] addresses, int label, int next) {
        int position = labels.get(label);
        if (position == UNPLACED || addresses[position] < next) {
            throw new IllegalStateException("label " + label + " is not ahead of instruction " + (next - 1) + " of "
                    + Arrays.toString(addresses));
        }
        return addresses[position] - next;
    }

    private static void put(ByteBuffer out, short code, int ifTrue, int ifFalse, int operand) {
        out.putShort(code).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
    }
}
