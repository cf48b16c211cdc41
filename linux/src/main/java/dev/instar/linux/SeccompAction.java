package dev.instar.linux;

/**
 * What the kernel does with a system call that a filter has decided about.
 *
 * @param returnValue the filter's return value: one of the kernel's {@code SECCOMP_RET_*} constants with its data
 */
public record SeccompAction(int returnValue) {
    private static final int RET_ERRNO = 0x0005_0000;
    private static final int MAX_ERRNO = 4095;

    /** The call runs. */
    public static final SeccompAction ALLOW = new SeccompAction(0x7fff_0000);

    /** The call does not run and returns 0, as if it had. */
    public static final SeccompAction PRETEND = new SeccompAction(RET_ERRNO);

    /** The whole process ends as by an uncatchable SIGSYS (31). */
    public static final SeccompAction KILL_PROCESS = new SeccompAction(0x8000_0000);

    /**
     * The call does not run and fails with an error.
     *
     * @param errno 1 to 4095
     */
    public static SeccompAction errno(int errno) {
        if (errno < 1 || errno > MAX_ERRNO) {
            throw new IllegalArgumentException("errno must be between 1 and " + MAX_ERRNO + ", not " + errno);
        }
        return new SeccompAction(RET_ERRNO | errno);
    }
}
