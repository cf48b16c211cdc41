package dev.instar.cli.install;

import dev.instar.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Installs the packages of {@code requirements.txt} with pip and those of {@code package.json} with npm into a
 * function's folder.
 */
public final class DependencyInstaller {
    /** Where Python packages go; the Python shim puts this folder of a function on its path. */
    public static final String PYTHON_PACKAGES = "python-packages";

    private final PackageTools tools;

    public DependencyInstaller(PackageTools tools) {
        this.tools = tools;
    }

    /** Whether {@link #install} would do anything in this folder. */
    public boolean isNeeded(Path folder) {
        return needsPython(folder) || needsNode(folder);
    }

    /**
     * Installs into the folder, which is changed.
     *
     * @throws CommandException naming the package that could not be installed
     */
    public void install(Path folder) {
        if (needsPython(folder)) {
            installPython(folder);
        }
        if (needsNode(folder)) {
            installNode(folder);
        }
    }

    private void installPython(Path folder) {
        List<String> command = new ArrayList<>(tools.pip()
                .orElseThrow(() -> CommandException.failed(
                        "requirements.txt needs pip, which is not here: apt-get install python3-pip, or bring the packages in the "
                                + "folder " + PYTHON_PACKAGES + " and deploy with --no-install")));
        command.addAll(List.of(
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "--no-cache-dir",
                "--target",
                PYTHON_PACKAGES,
                "-r",
                "requirements.txt"));
        ToolRun run = ToolRun.of(folder, command);
        if (!run.succeeded()) {
            throw failure("Python", "requirements.txt", FailedPackage.inPip(run.output()), run);
        }
    }

    private void installNode(Path folder) {
        String npm = tools.npm()
                .orElseThrow(() -> CommandException.failed(
                        "package.json needs npm, which is not here: apt-get install npm, or bring node_modules in the "
                                + "folder and deploy with --no-install"));
        boolean locked = Files.exists(folder.resolve("package-lock.json"));
        List<String> command = new ArrayList<>(List.of(npm, locked ? "ci" : "install"));
        command.addAll(List.of("--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"));
        ToolRun run = ToolRun.of(folder, command);
        if (!run.succeeded()) {
            throw failure("Node.js", "package.json", FailedPackage.inNpm(run.output()), run);
        }
    }

    private static CommandException failure(String language, String file, Optional<String> failedPackage, ToolRun run) {
        String what = failedPackage
                .map(name -> "could not install the " + language + " package " + name)
                .orElse("could not install the " + language + " packages");
        return CommandException.failed(what + " of " + file + ". " + run.command() + " said:\n" + run.lastLines());
    }

    private static boolean needsPython(Path folder) {
        try {
            Path requirements = folder.resolve("requirements.txt");
            return Files.isRegularFile(requirements)
                    && Files.readAllLines(requirements).stream()
                            .map(String::strip)
                            .anyMatch(line -> !line.isEmpty() && !line.startsWith("#"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read requirements.txt", e);
        }
    }

    private static boolean needsNode(Path folder) {
        return Files.isRegularFile(folder.resolve("package.json"));
    }
}
