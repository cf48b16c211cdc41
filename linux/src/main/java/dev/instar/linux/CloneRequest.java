package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import org.jspecify.annotations.Nullable;

/**
 * How a process is to be cloned.
 *
 * @param flags {@code CLONE_…} flags
 * @param pidNamespaceOf a process whose pid namespace the clone joins, or null
 * @param cgroupDirectory a v2 control group to be born in, or null
 * @param threadIdAddress where the kernel writes the clone's thread id in its memory, and clears it at its end; 0 for
 *     nowhere
 * @param keeps bits of {@link LauncherLayout}{@code .KEEP_…}
 */
record CloneRequest(
        long flags,
        @Nullable Child pidNamespaceOf,
        @Nullable Fd cgroupDirectory,
        long threadIdAddress,
        int keeps) {
    private static final SyscallProgram.Argument NONE = number(-1);

    /** A program of the one step that makes the clone, with {@code socket} for its programs. */
    SyscallProgram program(Fd socket) {
        SyscallProgram program = new SyscallProgram();
        program.call(
                "clone3(flags 0x" + Long.toHexString(flags) + ")",
                LauncherLayout.SPECIAL_CLONE,
                number(flags),
                program.descriptor(socket),
                pidNamespaceOf == null ? NONE : program.descriptor(pidNamespaceOf.pidfd()),
                cgroupDirectory == null ? NONE : program.descriptor(cgroupDirectory),
                number(threadIdAddress),
                number(keeps));
        return program;
    }
}
