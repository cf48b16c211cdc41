package dev.instar.linux;

/**
 * A system call failed. The message names the call, its arguments and the errno, as in {@code openat("/x", O_RDONLY):
 * ENOENT}.
 */
public class LinuxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Describes a failed call.
     *
     * @param call name and arguments as a person would write them
     * @param errno positive error number
     */
    public LinuxException(String call, int errno) {
        super(call + ": " + Errno.name(errno));
        this.errno = errno;
    }

    /** The positive error number. */
    public int errno() {
        return errno;
    }
}
