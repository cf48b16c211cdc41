package dev.instar.cli;

/** Work to be done if the process ends before the command does, by a signal for example. */
public final class ExitHook {
    private final Thread thread;

    private ExitHook(Thread thread) {
        this.thread = thread;
    }

    /** Has the work done at the end of the process. */
    public static ExitHook install(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        Runtime.getRuntime().addShutdownHook(thread);
        return new ExitHook(thread);
    }

    /**
     * Takes the work back because it has been done.
     *
     * @return whether it was taken back; not so if the process is ending already, and the work is done again
     */
    public boolean remove() {
        try {
            return Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
