package dev.instar.linux;

/**
 * What {@code /proc/PID/stat} tells of a process.
 *
 * @param pid its id
 * @param command the file name of its program, cut at 15 bytes; a process may choose it freely
 * @param state one letter: {@code R} running, {@code S} sleeping, {@code D} in a wait that no signal ends, {@code T}
 *     stopped, {@code Z} dead and not yet reaped, …
 * @param parentPid the process that will reap it; 0 if that is outside the reader's pid namespace
 * @param processGroup its process group
 * @param session its session
 * @param userTicks processor time in user mode, in clock ticks
 * @param systemTicks processor time in the kernel, in clock ticks
 * @param threads how many threads it has
 * @param startTicks when it started, in clock ticks since boot; with the pid it identifies a process for good
 */
public record ProcessStat(
        int pid,
        String command,
        char state,
        int parentPid,
        int processGroup,
        int session,
        long userTicks,
        long systemTicks,
        int threads,
        long startTicks) {
    // Positions counted from the field after the command, which is the third of proc(5).
    private static final int STATE = 0;
    private static final int PARENT = 1;
    private static final int GROUP = 2;
    private static final int SESSION = 3;
    private static final int USER = 11;
    private static final int SYSTEM = 12;
    private static final int THREADS = 17;
    private static final int START = 19;

    /**
     * Parses the file's text. The command may contain anything, blanks and parentheses included, so it ends at the
     * <em>last</em> closing one.
     *
     * @throws IllegalArgumentException if the text is not what proc(5) describes
     */
    public static ProcessStat parse(String text) {
        int open = text.indexOf(" (");
        int close = text.lastIndexOf(") ");
        if (open < 1 || close < open) {
            throw new IllegalArgumentException("not a process's stat: " + text);
        }
        String[] fields = text.substring(close + 2).strip().split(" ", -1);
        if (fields.length <= START || fields[STATE].length() != 1) {
            throw new IllegalArgumentException("not a process's stat: " + text);
        }
        try {
            return new ProcessStat(
                    Integer.parseInt(text.substring(0, open)),
                    text.substring(open + 2, close),
                    fields[STATE].charAt(0),
                    Integer.parseInt(fields[PARENT]),
                    Integer.parseInt(fields[GROUP]),
                    Integer.parseInt(fields[SESSION]),
                    Long.parseLong(fields[USER]),
                    Long.parseLong(fields[SYSTEM]),
                    Integer.parseInt(fields[THREADS]),
                    Long.parseLong(fields[START]));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a process's stat: " + text, e);
        }
    }
}
