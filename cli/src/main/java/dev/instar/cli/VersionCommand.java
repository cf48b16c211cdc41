package dev.instar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code instar version}. */
@Command(name = "version", description = "Show the version of this command.")
final class VersionCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        String java = Runtime.version().toString();
        if (json) {
            Json.print(Json.object().put("version", BuildInfo.version()).put("java", java), console.out());
        } else {
            console.out().println("instar " + BuildInfo.version() + " (Java " + java + ")");
        }
        return ExitStatus.OK;
    }
}
