package dev.instar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a classic BPF program as the kernel does, with the kernel's checks on what a seccomp program may contain. */
final class BpfInterpreter {
    private final ByteBuffer program;
    private final int length;

    BpfInterpreter(byte[] bytes) {
        program = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        length = bytes.length / 8;
    }

    /** The verdict about one call; counts no instruction twice, since jumps go forward only. */
    int run(int arch, int number, long[] arguments) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(0, number).putInt(4, arch).putLong(8, 0x1234_5678_9abcL);
        for (int i = 0; i < 6; i++) {
            data.putLong(16 + 8 * i, arguments[i]);
        }
        int accumulator = 0;
        int at = 0;
        while (at < length) {
            int code = Short.toUnsignedInt(program.getShort(8 * at));
            int ifTrue = Byte.toUnsignedInt(program.get(8 * at + 2));
            int ifFalse = Byte.toUnsignedInt(program.get(8 * at + 3));
            int operand = program.getInt(8 * at + 4);
            at++;
            switch (code) {
                case 0x20 -> accumulator = data.getInt(operand);
                case 0x54 -> accumulator &= operand;
                case 0x05 -> at += operand;
                case 0x15 -> at += accumulator == operand ? ifTrue : ifFalse;
                case 0x25 -> at += Integer.compareUnsigned(accumulator, operand) > 0 ? ifTrue : ifFalse;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, operand) >= 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return operand;
                }
                default -> throw new AssertionError("instruction " + (at - 1) + " has code " + code);
            }
        }
        throw new AssertionError("the program ran off its end");
    }
}
