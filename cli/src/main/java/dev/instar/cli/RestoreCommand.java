package dev.instar.cli;

import dev.instar.engine.store.Restore;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code instar restore}. */
@Command(
        name = "restore",
        description = "Make a data directory from an archive of `instar backup`; start a node on it afterwards.")
final class RestoreCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "FILE", description = "The archive.")
    private Path file = Path.of("");

    @Option(names = "--data", paramLabel = "DIR", description = "New or empty directory. Default: $$INSTAR_DATA.")
    private String data = "";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    RestoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Path directory = DataOption.directory(data, console);
        new Progress(console).step("restoring " + directory, () -> Restore.read(file, directory));
        if (json) {
            Json.print(Json.object().put("data", directory.toString()).put("file", file.toString()), console.out());
        }
        return ExitStatus.OK;
    }
}
