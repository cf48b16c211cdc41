package dev.instar.linux;

/**
 * How a process ended, as {@code wait4(2)} reports it.
 *
 * @param code exit status, or −1 if a signal ended it
 * @param signal the signal that ended it, or 0
 * @param cpuNanos user and system time of the process and the children it awaited
 * @param peakResidentBytes its largest resident set
 */
public record ExitStatus(int code, int signal, long cpuNanos, long peakResidentBytes) {
    static ExitStatus of(int status, long cpuNanos, long peakKib) {
        int signal = status & 0x7f;
        return new ExitStatus(signal == 0 ? status >> 8 & 0xff : -1, signal, cpuNanos, peakKib * 1024);
    }
}
