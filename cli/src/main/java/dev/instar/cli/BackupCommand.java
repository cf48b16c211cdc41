package dev.instar.cli;

import dev.instar.engine.store.Backup;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code instar backup}. */
@Command(
        name = "backup",
        description = {
            "Write a node's data into one archive; the node may be running.",
            "The archive holds secrets and the key to them: keep it like a password."
        })
final class BackupCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "FILE", description = "The archive to write; must not exist.")
    private Path file = Path.of("");

    @Option(names = "--data", paramLabel = "DIR", description = "The node's data directory. Default: $$INSTAR_DATA.")
    private String data = "";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    BackupCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Path directory = DataOption.directory(data, console);
        new Progress(console).step("backing up " + directory, () -> Backup.write(directory, file));
        if (json) {
            Json.print(Json.object().put("data", directory.toString()).put("file", file.toString()), console.out());
        }
        return ExitStatus.OK;
    }
}
