package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Tells a function's runtime from its files. */
public final class RuntimeRecognition {
    private static final List<String> PYTHON = List.of("handler.py", "index.py", "function.py", "requirements.txt");
    private static final Pattern NODE = Pattern.compile("package\\.json|.+\\.[cm]?js");

    private RuntimeRecognition() {}

    /**
     * Python or Node.js if the directory holds files by which they are known, otherwise a program. Files in
     * subdirectories do not count.
     *
     * @throws InvalidRequestException if the directory cannot be read
     */
    public static RuntimeKind of(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            List<String> names = files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
            if (names.stream().anyMatch(PYTHON::contains)) {
                return RuntimeKind.PYTHON;
            }
            boolean node = names.stream().anyMatch(name -> NODE.matcher(name).matches());
            return node ? RuntimeKind.NODE : RuntimeKind.PROGRAM;
        } catch (IOException e) {
            throw new InvalidRequestException("cannot read the folder " + directory + ": " + e.getMessage());
        }
    }
}
