package dev.instar.engine.deploy;

/**
 * Bounds of one code tree.
 *
 * @param entries files, links and directories
 * @param bytes contents of all files together
 * @param archiveBytes length of the archive it comes in
 * @param ratio contents per archive byte, beyond the first 16 MiB of contents
 */
public record TreeLimits(int entries, long bytes, long archiveBytes, int ratio) {
    /** 50,000 entries, 512 MiB unpacked and packed, a ratio of 200. */
    public static final TreeLimits DEFAULT = new TreeLimits(50_000, 512L << 20, 512L << 20, 200);

    /** Contents below this are small enough to be compressed by any ratio. */
    public static final long RATIO_FREE_BYTES = 16L << 20;
}
