package dev.instar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The one door to the kernel: {@code syscall(2)} with six integer arguments. Everything else in this package is written
 * on top of it. A call costs what the system call costs; the foreign-function layer adds some nanoseconds.
 */
final class Kernel {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            CAPTURE.varHandle(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));

    // One segment a thread, from an automatic arena, so that it lives exactly as long as the thread may use it.
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));

    private static final MethodHandle POSIX_SPAWN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("posix_spawn"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    private static final MethodHandle FILE_ACTIONS_INIT = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("posix_spawn_file_actions_init"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle FILE_ACTIONS_DUP2 = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("posix_spawn_file_actions_adddup2"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle FILE_ACTIONS_DESTROY = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("posix_spawn_file_actions_destroy"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS));

    private Kernel() {}

    /** The call's result, or its negated errno, as the kernel itself returns it. Missing arguments are zero. */
    static long call(long number, long... arguments) {
        long a0 = arguments.length > 0 ? arguments[0] : 0;
        long a1 = arguments.length > 1 ? arguments[1] : 0;
        long a2 = arguments.length > 2 ? arguments[2] : 0;
        long a3 = arguments.length > 3 ? arguments[3] : 0;
        long a4 = arguments.length > 4 ? arguments[4] : 0;
        long a5 = arguments.length > 5 ? arguments[5] : 0;
        MemorySegment captured = CAPTURED.get();
        try {
            // SAFETY: integers only; memory that an argument points to is kept alive by the caller until this returns.
            long result = (long) SYSCALL.invokeExact(captured, number, a0, a1, a2, a3, a4, a5);
            return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
        } catch (Throwable impossible) {
            throw new AssertionError("syscall(2) cannot throw", impossible);
        }
    }

    /**
     * Like {@link #call}, but a failure is an exception that names {@code what}; an interrupted call is issued again.
     */
    static long check(String what, long number, long... arguments) {
        while (true) {
            long result = call(number, arguments);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINTR) {
                throw new LinuxException(what, (int) -result);
            }
        }
    }

    /**
     * Starts a program with its name as the only argument, an empty environment and one descriptor besides the standard
     * ones, as its descriptor 3.
     */
    static int spawn(String program, String name, int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            // glibc's posix_spawn_file_actions_t has 80 bytes on x86-64; more does no harm.
            MemorySegment actions = arena.allocate(256, 16);
            MemorySegment path = arena.allocateFrom(program);
            MemorySegment argv = arena.allocate(ADDRESS, 2);
            argv.setAtIndex(ADDRESS, 0, arena.allocateFrom(name));
            MemorySegment environment = arena.allocate(ADDRESS, 1);
            MemorySegment pid = arena.allocate(JAVA_INT);
            // SAFETY: all memory lives until the calls have returned; posix_spawn (vfork and exec inside) copies what
            // it needs.
            int ignored = (int) FILE_ACTIONS_INIT.invokeExact(actions);
            int added = (int) FILE_ACTIONS_DUP2.invokeExact(actions, descriptor, 3);
            int error = added != 0
                    ? added
                    : (int) POSIX_SPAWN.invokeExact(pid, path, actions, MemorySegment.NULL, argv, environment);
            int destroyed = (int) FILE_ACTIONS_DESTROY.invokeExact(actions);
            if (error != 0 || ignored != 0 || destroyed != 0) {
                throw new LinuxException("posix_spawn(\"" + program + "\")", error);
            }
            return pid.get(JAVA_INT, 0);
        } catch (LinuxException failed) {
            throw failed;
        } catch (Throwable impossible) {
            throw new AssertionError("posix_spawn(3) cannot throw", impossible);
        }
    }
}
