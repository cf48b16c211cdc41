package dev.instar.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a benchmark finds the functions that it deploys. */
final class BenchFunctions {
    @Option(names = "--functions", paramLabel = "DIR", description = "Folder that holds the functions' folders.")
    private Path folder = Path.of(System.getProperty("instar.home", "."), "functions");

    Path folder() {
        return folder;
    }
}
