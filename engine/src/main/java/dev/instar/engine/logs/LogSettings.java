package dev.instar.engine.logs;

/**
 * Bounds of function logs.
 *
 * @param fileBytes size at which a function's log file is rotated
 * @param files how many files a function keeps, the current one included; at least 1
 * @param linesPerSecond lines an instance may write per second, with a burst of two seconds' worth; more are dropped
 *     and counted
 * @param bytesPerSecond bytes an instance may write per second, likewise
 */
public record LogSettings(long fileBytes, int files, int linesPerSecond, long bytesPerSecond) {
    /** Four files of 8 MiB; 1,000 lines and 1 MiB a second. */
    public static final LogSettings DEFAULT = new LogSettings(8L << 20, 4, 1000, 1L << 20);

    /** @throws IllegalArgumentException if a bound is below 1 */
    public LogSettings {
        if (fileBytes < 1 || files < 1 || linesPerSecond < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("bounds of logs must be at least 1");
        }
    }
}
