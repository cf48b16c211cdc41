package dev.instar.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a command reads from and writes to, so that tests can run commands in this process.
 *
 * @param in standard input
 * @param out results
 * @param err messages and progress
 * @param environment environment variables
 * @param interactive whether messages go to a terminal, where a line may be rewritten
 */
public record Console(
        InputStream in, PrintStream out, PrintStream err, Map<String, String> environment, boolean interactive) {
    /** The console of this process; the launcher says with a system property whether messages go to a terminal. */
    public static Console ofProcess() {
        return new Console(
                System.in,
                new PrintStream(System.out, false, StandardCharsets.UTF_8),
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                System.getenv(),
                Boolean.getBoolean("instar.terminal"));
    }

    /** An environment variable, or the given text if it is not set or empty. */
    public String variable(String name, String otherwise) {
        String value = environment.getOrDefault(name, "");
        return value.isEmpty() ? otherwise : value;
    }
}
