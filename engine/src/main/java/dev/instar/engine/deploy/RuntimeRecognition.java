package dev.instar.engine.deploy;

import dev.instar.runtime.RuntimeKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tells a function's runtime from its files. */
public final class RuntimeRecognition {
    private static final List<String> PYTHON = List.of("handler.py", "index.py", "function.py", "requirements.txt");
    private static final List<String> NODE =
            List.of("package.json", "handler.js", "index.js", "handler.mjs", "index.mjs", "handler.cjs", "index.cjs");

    private RuntimeRecognition() {}

    /** Python or Node.js if the directory holds files by which they are known, otherwise a program. */
    public static RuntimeKind of(Path directory) {
        if (hasAny(directory, PYTHON)) {
            return RuntimeKind.PYTHON;
        }
        return hasAny(directory, NODE) ? RuntimeKind.NODE : RuntimeKind.PROGRAM;
    }

    private static boolean hasAny(Path directory, List<String> names) {
        return names.stream().anyMatch(name -> Files.isRegularFile(directory.resolve(name)));
    }
}
