package dev.instar.cli;

/** The entry point of the {@code instar} command. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the process with its status. */
    public static void main(String[] arguments) {
        System.exit(CommandTree.run(Console.ofProcess(), arguments));
    }
}
