package dev.instar.template.image;

/**
 * A thread as it was parked.
 *
 * @param id in the captured process's own pid namespace
 * @param name at most 15 bytes
 * @param registers {@code struct user_regs_struct} of x86-64 (216 bytes), made to issue an interrupted system call
 *     again
 * @param extendedState the XSAVE area in its standard form, as PTRACE_GETREGSET with NT_X86_XSTATE gives it
 * @param signalMask blocked signals, bit n−1 for signal n
 * @param alternateStack see sigaltstack(2)
 * @param robustList head of the robust futex list, or 0
 * @param rseq registration of restartable sequences; address 0 for none
 * @param clearThreadId where the kernel clears the thread's id at its end and C libraries keep that id; 0 for none
 * @param policy scheduling policy; see sched(7)
 * @param nice −20 to 19
 */
public record ThreadState(
        int id,
        String name,
        Bytes registers,
        Bytes extendedState,
        long signalMask,
        AlternateStack alternateStack,
        long robustList,
        RestartableSequence rseq,
        long clearThreadId,
        int policy,
        int nice) {
    /** An alternate signal stack; {@code flags} as in {@code stack_t} without SS_ONSTACK. */
    public record AlternateStack(long start, int flags, long size) {}

    /** Where restartable sequences are registered; see rseq(2). */
    public record RestartableSequence(long address, int size, int signature) {}
}
