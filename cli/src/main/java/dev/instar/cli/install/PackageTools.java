package dev.instar.cli.install;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The machine's package tools. Functions run on {@code /usr/bin/python3} and {@code /usr/bin/node}: packages must come
 * from the tools that belong to those, whatever else is on the path.
 *
 * @param binaries the directory they are in
 */
public record PackageTools(Path binaries) {
    /** Those of {@code /usr/bin}. */
    public static PackageTools ofMachine() {
        return new PackageTools(Path.of("/usr/bin"));
    }

    /** How pip is run, if it can be. */
    Optional<List<String>> pip() {
        Path python = binaries.resolve("python3");
        if (Files.isExecutable(python)) {
            List<String> module = List.of(python.toString(), "-m", "pip");
            if (ToolRun.of(Path.of("/"), List.of(module.get(0), "-m", "pip", "--version"))
                    .succeeded()) {
                return Optional.of(module);
            }
        }
        Path pip = binaries.resolve("pip3");
        return Files.isExecutable(pip) ? Optional.of(List.of(pip.toString())) : Optional.empty();
    }

    /** How npm is run, if it can be. */
    Optional<String> npm() {
        Path npm = binaries.resolve("npm");
        return Files.isExecutable(npm) ? Optional.of(npm.toString()) : Optional.empty();
    }
}
