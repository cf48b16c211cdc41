package dev.instar.linux;

/** Which permissions this process leaves out when it makes files and directories (umask(2)). */
public final class FileModeMask {
    private static final int UMASK = 95;

    private FileModeMask() {}

    /**
     * Sets it, for all threads and for processes started from now on.
     *
     * @param mask permission bits, such as 022
     * @return the mask before
     */
    public static int set(int mask) {
        return (int) Kernel.check("umask(0" + Integer.toOctalString(mask) + ")", UMASK, mask);
    }
}
