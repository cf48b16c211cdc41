package dev.instar.cli.install;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A finished run of a package tool.
 *
 * @param command what was run
 * @param exitStatus its exit status
 * @param output what it wrote to standard output and error, in order
 */
record ToolRun(String command, int exitStatus, String output) {
    private static final int SHOWN_LINES = 12;

    /**
     * Runs a command to its end, without standard input. When this process ends, so does the command.
     *
     * @throws CommandException if it cannot be started
     */
    static ToolRun of(Path directory, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        String shown = String.join(" ", command);
        try {
            Process process = builder.start();
            Thread reaper = new Thread(() -> ended(process));
            Runtime.getRuntime().addShutdownHook(reaper);
            try {
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                return new ToolRun(shown, process.waitFor(), output);
            } finally {
                ended(process);
                unhook(reaper);
            }
        } catch (IOException e) {
            throw new CommandException(ExitStatus.FAILED, "cannot run " + shown + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(ExitStatus.FAILED, "interrupted while running " + shown, e);
        }
    }

    boolean succeeded() {
        return exitStatus == 0;
    }

    /** The end of the output, where tools say what was wrong. */
    String lastLines() {
        List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    }

    private static void ended(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is shutting down: the hook runs, and finds nothing left to end.
            assert e != null;
        }
    }
}
