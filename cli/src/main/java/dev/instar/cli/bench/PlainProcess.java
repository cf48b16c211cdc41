package dev.instar.cli.bench;

import dev.instar.cli.CommandException;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.deploy.FunctionManifest;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A handler as a plain process of this machine: no sandbox, no shim, no channel. The yardstick for cold starts: the
 * runtime loads the handler's module and says so.
 */
final class PlainProcess {
    private static final List<String> SUPPORTED = List.of("python", "node");

    private final List<String> command;
    private final Path folder;

    private PlainProcess(List<String> command, Path folder) {
        this.command = command;
        this.folder = folder;
    }

    /** @param folder a function's folder with its manifest */
    static PlainProcess of(Path folder) {
        FunctionSpec spec = manifest(folder);
        String module = spec.handler().contains(".")
                ? spec.handler().substring(0, spec.handler().lastIndexOf('.'))
                : "handler";
        List<String> command = switch (spec.runtime()) {
            case PYTHON ->
                List.of(
                        "/usr/bin/python3",
                        "-c",
                        "import sys; sys.path.insert(0, ''); import " + module
                                + "; sys.stdout.write('r'); sys.stdout.flush()");
            case NODE -> List.of("/usr/bin/node", "-e", "require('./" + module + "'); process.stdout.write('r')");
            case PROGRAM ->
                throw CommandException.badInput(spec.name().name()
                        + " has no handler to load as a plain process; --method process takes functions in "
                        + String.join(" and ", SUPPORTED));
        };
        compile(spec.runtime(), folder);
        return new PlainProcess(command, folder);
    }

    private static FunctionSpec manifest(Path folder) {
        try {
            return FunctionManifest.read(folder).draft();
        } catch (IOException e) {
            throw CommandException.badInput("cannot read " + folder + ": " + e.getMessage());
        }
    }

    private static void compile(RuntimeKind runtime, Path folder) {
        if (runtime == RuntimeKind.PYTHON) {
            // The first run leaves the bytecode that later ones, and the node's instances, find.
            new PlainProcess(List.of("/usr/bin/python3", "-m", "compileall", "-q", "."), folder).runToEnd();
        }
    }

    private void runToEnd() {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw CommandException.failed(command.getFirst() + " cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nanoseconds from asking for the process to the handler being loaded. */
    long startNanos() {
        long begin = System.nanoTime();
        try {
            Process process =
                    new ProcessBuilder(command).directory(folder.toFile()).start();
            long loaded;
            try (InputStream out = process.getInputStream()) {
                int first = out.read();
                loaded = System.nanoTime();
                if (first != 'r') {
                    throw CommandException.failed("the handler in " + folder + " cannot be loaded as a plain process: "
                            + new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
                }
            }
            process.waitFor();
            return loaded - begin;
        } catch (IOException e) {
            throw CommandException.failed(command.getFirst() + " cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }
}
