package dev.instar.linux;

import static dev.instar.linux.Registers.Name.ORIG_RAX;
import static dev.instar.linux.Registers.Name.RAX;
import static dev.instar.linux.Registers.Name.RIP;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a stopped thread's registers say of the system call that the stop interrupted. The kernel leaves one of its
 * internal numbers in {@code rax} and issues the call again when the thread goes on, unless a signal handler comes in
 * between (kernel, {@code include/linux/errno.h} and {@code arch/x86/kernel/signal.c}). Some calls say EINTR even where
 * no signal came: signal(7), "Interruption of system calls by stop signals".
 */
public final class InterruptedCall {
    private static final int ERESTARTSYS = -512;
    private static final int ERESTARTNOINTR = -513;
    private static final int ERESTARTNOHAND = -514;
    private static final int ERESTART_RESTARTBLOCK = -516;
    private static final int RESTART_SYSCALL = 219;
    private static final int INSTRUCTION_BYTES = 2;

    /** Calls that change nothing when they answer EINTR, so that they can be issued again. */
    private static final Set<Long> INTERRUPTED_BY_STOP = numbers(
            "epoll_wait",
            "epoll_pwait",
            "epoll_pwait2",
            "poll",
            "ppoll",
            "select",
            "pselect6",
            "io_getevents",
            "io_pgetevents",
            "msgrcv",
            "msgsnd",
            "semop",
            "semtimedop",
            "rt_sigtimedwait",
            "read",
            "readv",
            "recvfrom",
            "recvmsg",
            "recvmmsg",
            "accept",
            "accept4");

    private InterruptedCall() {}

    private static Set<Long> numbers(String... names) {
        return Arrays.stream(names)
                .map(name -> (long) SystemCallNumbers.of(name))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Registers with which a thread of another process issues the interrupted call itself, from the beginning: a sleep
     * sleeps its whole time. A call that had been interrupted before and is being continued
     * ({@code restart_syscall(2)}) has lost its number and answers EINTR. Registers of a thread that was not
     * interrupted in a call come back as they are, but marked as in no call.
     */
    public static Registers reissued(Registers stopped) {
        long number = stopped.get(ORIG_RAX);
        Registers outside = stopped.with(ORIG_RAX, -1);
        if (number < 0) {
            return outside;
        }
        long result = stopped.get(RAX);
        if (number == RESTART_SYSCALL && result == ERESTART_RESTARTBLOCK) {
            return outside.with(RAX, -Errno.EINTR);
        }
        boolean again = result == ERESTARTSYS
                || result == ERESTARTNOINTR
                || result == ERESTARTNOHAND
                || result == ERESTART_RESTARTBLOCK
                || interruptedByStop(number, result);
        return again ? outside.with(RAX, number).with(RIP, stopped.get(RIP) - INSTRUCTION_BYTES) : outside;
    }

    /**
     * Registers with which the stopped thread itself goes on as if it had not been stopped: a call that answered EINTR
     * because of the stop is issued again, unless a signal is handled now.
     */
    static Registers continued(Registers stopped) {
        return interruptedByStop(stopped.get(ORIG_RAX), stopped.get(RAX)) ? stopped.with(RAX, ERESTARTNOHAND) : stopped;
    }

    private static boolean interruptedByStop(long number, long result) {
        return result == -Errno.EINTR && INTERRUPTED_BY_STOP.contains(number);
    }
}
