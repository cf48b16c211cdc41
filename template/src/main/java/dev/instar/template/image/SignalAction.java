package dev.instar.template.image;

/**
 * What a signal does: the kernel's {@code struct sigaction} of x86-64.
 *
 * @param signal 1 to 64
 * @param handler address, or 1 for SIG_IGN
 */
public record SignalAction(int signal, long handler, long flags, long restorer, long mask) {}
