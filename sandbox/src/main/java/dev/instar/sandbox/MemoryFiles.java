package dev.instar.sandbox;

/** Options of the file systems in memory that a function may write to. */
final class MemoryFiles {
    private static final long BYTES_PER_FILE = 4096;
    private static final long FEWEST_FILES = 1024;

    private MemoryFiles() {}

    /** Of {@code /tmp}. */
    static String temporary(ResourceLimits limits) {
        return options(limits.tmpBytes());
    }

    /** Of {@code /dev/shm}. What is full answers ENOSPC; what reaches the memory limit is killed. */
    static String shared(ResourceLimits limits) {
        return options(limits.memoryBytes() / 2);
    }

    /**
     * Files are bounded in number too, since an empty one takes a kilobyte of kernel memory but nothing of the size.
     */
    private static String options(long bytes) {
        // A size of 0 would mean "no limit" to tmpfs.
        long files = Math.max(FEWEST_FILES, bytes / BYTES_PER_FILE);
        return "mode=1777,size=" + Math.max(4096, bytes) + ",nr_inodes=" + files;
    }
}
