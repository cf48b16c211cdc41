package dev.instar.linux;

/**
 * How a thread is scheduled, from {@code /proc/PID/task/TID/stat}.
 *
 * @param policy see sched(7)
 * @param nice −20 to 19
 */
public record Scheduling(int policy, int nice) {
    private static final int NICE = 19 - 3;
    private static final int POLICY = 41 - 3;

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if it is not as proc(5) describes it
     */
    public static Scheduling parse(String text) {
        String[] fields = MemoryBounds.fieldsBehindCommand(text);
        if (fields.length <= POLICY) {
            throw new IllegalArgumentException("not a thread's stat: " + text);
        }
        return new Scheduling(Integer.parseInt(fields[POLICY]), Integer.parseInt(fields[NICE]));
    }
}
