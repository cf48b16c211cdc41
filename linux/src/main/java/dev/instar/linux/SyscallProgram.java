package dev.instar.linux;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of system calls to be made in another process, one after the other until one fails. Arguments are numbers,
 * bytes that travel along, descriptors that travel along, or the result of an earlier step.
 *
 * <p>Built once for one use; not thread-safe.
 */
public final class SyscallProgram {
    private static final int ALL_ERRORS = -1;

    private final List<Step> steps = new ArrayList<>();
    private final List<long[]> pointers = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final List<Fd> descriptors = new ArrayList<>();
    private byte @Nullable [] encoded;

    /** An argument of a step. */
    public record Argument(int kind, long value) {
        static final int VALUE = 0;
        static final int DATA = 1;
        static final int FD = 2;
        static final int RESULT = 3;
    }

    private static final class Step {
        private final String what;
        private final int number;
        private final List<Argument> arguments;
        private int tolerated;
        private int store = -1;

        Step(String what, int number, List<Argument> arguments) {
            this.what = what;
            this.number = number;
            this.arguments = arguments;
        }
    }

    /** A plain number. */
    public static Argument number(long value) {
        return new Argument(Argument.VALUE, value);
    }

    /** Bytes in the program's data; the address is 8-aligned. */
    public Argument bytes(byte[] bytes) {
        while (data.size() % 8 != 0) {
            data.write(0);
        }
        int at = data.size();
        data.writeBytes(bytes);
        return new Argument(Argument.DATA, at);
    }

    /**
     * A string, ended by NUL.
     *
     * @throws IllegalArgumentException if it holds a NUL itself
     */
    public Argument string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        for (byte b : utf8) {
            if (b == 0) {
                throw new IllegalArgumentException("string holds a NUL: " + text.replace('\0', '?'));
            }
        }
        byte[] ended = new byte[utf8.length + 1];
        System.arraycopy(utf8, 0, ended, 0, utf8.length);
        return bytes(ended);
    }

    /** An array of addresses of strings, ended by a null address, as {@code execve} wants its arguments. */
    public Argument strings(List<String> texts) {
        List<Argument> each = texts.stream().map(this::string).toList();
        Argument array = bytes(new byte[8 * (texts.size() + 1)]);
        for (int i = 0; i < each.size(); i++) {
            pointTo(array, 8 * i, each.get(i));
        }
        return array;
    }

    /** Makes the eight bytes at {@code offset} of {@code holder} the address of {@code target}; both are data. */
    public void pointTo(Argument holder, int offset, Argument target) {
        pointers.add(new long[] {holder.value() + offset, target.value()});
    }

    /** A descriptor of this process, usable in the other one under a number of its own. */
    public Argument descriptor(Fd fd) {
        descriptors.add(fd);
        return new Argument(Argument.FD, descriptors.size() - 1L);
    }

    /** The result of an earlier step. */
    public Argument result(int step) {
        return new Argument(Argument.RESULT, step);
    }

    /**
     * Adds a system call.
     *
     * @param what the call as a person would write it, for error messages
     * @return the step's index, for {@link #result}
     */
    public int call(String what, int number, Argument... arguments) {
        steps.add(new Step(what, number, List.of(arguments)));
        return steps.size() - 1;
    }

    /** Lets the step just added fail with this errno. */
    public SyscallProgram tolerate(int errno) {
        steps.getLast().tolerated = errno;
        return this;
    }

    /** Lets the step just added fail; for what a kernel may lack and the caller checks otherwise. */
    public SyscallProgram tolerateAll() {
        return tolerate(ALL_ERRORS);
    }

    /** Writes the result of the step just added into data, as 32 bits; for descriptors inside structures. */
    public SyscallProgram storeResult(Argument target, int offset) {
        steps.getLast().store = (int) target.value() + offset;
        return this;
    }

    /** Adds a step whose result is the 32-bit integer that earlier steps have put into data. */
    public int load(Argument data, int offset) {
        return call("load", LauncherLayout.SPECIAL_LOAD, new Argument(Argument.DATA, data.value() + offset));
    }

    /** How many steps there are. */
    public int size() {
        return steps.size();
    }

    /** Writes the program down now, so that sending it later takes no time; nothing may be added afterwards. */
    public void prepare() {
        encoded = encode();
    }

    List<Fd> descriptors() {
        return descriptors;
    }

    String describe(int step) {
        return step >= 0 && step < steps.size() ? steps.get(step).what : "program";
    }

    byte[] encode() {
        byte[] prepared = encoded;
        return prepared != null ? prepared : write();
    }

    private byte[] write() {
        int size = LauncherLayout.HEADER
                + steps.size() * LauncherLayout.STEP
                + pointers.size() * LauncherLayout.POINTER
                + data.size();
        if (size > LauncherLayout.MESSAGE_SIZE
                || steps.size() > LauncherLayout.MAXIMUM_STEPS
                || descriptors.size() > LauncherLayout.MAXIMUM_FDS) {
            throw new IllegalArgumentException("program of " + steps.size() + " steps, " + descriptors.size()
                    + " descriptors and " + size
                    + " bytes is too large; arguments and environment together must stay below "
                    + LauncherLayout.MESSAGE_SIZE / 1024 + " KiB");
        }
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(LauncherLayout.MAGIC)
                .putInt(steps.size())
                .putInt(pointers.size())
                .putInt(data.size());
        for (Step step : steps) {
            int at = buffer.position();
            buffer.putInt(step.number);
            buffer.putInt(at + LauncherLayout.STEP_TOLERATED, step.tolerated);
            buffer.putInt(at + LauncherLayout.STEP_STORE, step.store);
            for (int i = 0; i < step.arguments.size(); i++) {
                Argument argument = step.arguments.get(i);
                buffer.put(at + LauncherLayout.STEP_KINDS + i, (byte) argument.kind());
                buffer.putLong(at + LauncherLayout.STEP_ARGUMENTS + 8 * i, argument.value());
            }
            buffer.position(at + LauncherLayout.STEP);
        }
        for (long[] pointer : pointers) {
            buffer.putInt((int) pointer[0]).putInt((int) pointer[1]);
        }
        return buffer.put(data.toByteArray()).array();
    }
}
