package dev.instar.cli.doctor;

import dev.instar.linux.Landlock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The machine that is examined.
 *
 * @param root directory that stands for {@code /}
 * @param landlockVersion version of Landlock that the kernel offers; 0 for none
 */
public record Machine(Path root, int landlockVersion) {
    private static final int LARGEST_NUMBER = 4096;

    /** This machine. */
    public static Machine local() {
        return new Machine(Path.of("/"), Landlock.probe().abi());
    }

    /** The path under the root. */
    Path path(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    boolean exists(String absolute) {
        return Files.exists(path(absolute));
    }

    /** A file's text; empty if there is none or it cannot be read. */
    Optional<String> read(String absolute) {
        try (InputStream in = Files.newInputStream(path(absolute))) {
            // Numbers under /proc/sys can only be read whole: a second read of the same file gives nothing.
            byte[] buffer = new byte[LARGEST_NUMBER];
            int length = Math.max(0, in.read(buffer));
            byte[] rest = in.readAllBytes();
            return Optional.of(
                    (new String(buffer, 0, length, StandardCharsets.UTF_8) + new String(rest, StandardCharsets.UTF_8))
                            .strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The words of a file; none if it cannot be read. */
    List<String> words(String absolute) {
        return read(absolute).map(text -> List.of(text.split("\\s+"))).orElse(List.of());
    }

    /** The first line that a program prints; empty if it is not there or fails. */
    Optional<String> firstLine(String program, String... arguments) {
        Path file = path(program);
        if (!Files.isExecutable(file)) {
            return Optional.empty();
        }
        List<String> command = new ArrayList<>(List.of(file.toString()));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            try {
                String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                boolean succeeded = process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
                return succeeded ? text.lines().findFirst() : Optional.empty();
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
