package dev.instar.cli;

import java.nio.file.Path;

/** The data directory of a node on this machine. */
final class DataOption {
    private DataOption() {}

    /** What the option says, else {@code INSTAR_DATA}, else {@code /var/lib/instar}. */
    static Path directory(String option, Console console) {
        return Path.of(option.isEmpty() ? console.variable("INSTAR_DATA", "/var/lib/instar") : option);
    }
}
