package dev.instar.sandbox;

/** Receives what a workload writes to its standard output and error. Called from one thread at a time per sandbox. */
public interface OutputSink {
    /**
     * Takes one line.
     *
     * @param error whether it came from standard error
     * @param line the text without its line end, decoded as UTF-8 with replacement; at most 16 KiB, longer lines come
     *     in pieces
     */
    void line(boolean error, String line);
}
