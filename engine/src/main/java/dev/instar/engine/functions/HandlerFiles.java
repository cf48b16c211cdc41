package dev.instar.engine.functions;

import dev.instar.engine.FunctionSpec;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StorageException;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds deploys that cannot work before they replace one that does. Only what is certain is refused: how a handler is
 * found in detail is the shims' business.
 */
final class HandlerFiles {
    private static final List<String> PYTHON = List.of(".py", ".so", ".pyc");
    private static final List<String> NODE = List.of(".js", ".mjs", ".cjs", "package.json");

    private HandlerFiles() {}

    /**
     * Looks for the handler.
     *
     * @param code the function's code
     * @throws InvalidRequestException saying what is missing
     */
    static void check(FunctionSpec spec, Path code) {
        if (spec.runtime() == RuntimeKind.PROGRAM) {
            return;
        }
        List<String> endings = spec.runtime() == RuntimeKind.PYTHON ? PYTHON : NODE;
        if (spec.layers().isEmpty() && !anyFile(code, endings)) {
            throw new InvalidRequestException("the code has no file of its runtime: none ends with "
                    + String.join(", ", endings) + "; say another runtime, or look what the archive holds");
        }
        String first = firstPart(spec.handler());
        if (spec.layers().isEmpty() && !first.isEmpty() && !hasModule(code, first, endings)) {
            throw new InvalidRequestException("handler: \"" + spec.handler() + "\" is not in the code: there is no "
                    + first + endings.getFirst() + " and no directory " + first);
        }
    }

    /** Of {@code pkg/module.attribute} it is {@code pkg}; nothing if no module is named. */
    private static String firstPart(String handler) {
        int end = 0;
        while (end < handler.length() && handler.charAt(end) != '/' && handler.charAt(end) != '.') {
            end++;
        }
        return end == handler.length() ? "" : handler.substring(0, end);
    }

    private static boolean hasModule(Path code, String name, List<String> endings) {
        return Stream.of(code, code.resolve("python-packages"), code.resolve("node_modules"))
                .anyMatch(place -> Files.isDirectory(place.resolve(name))
                        || endings.stream().anyMatch(ending -> Files.exists(place.resolve(name + ending)))
                        || anyNamed(place, name + "."));
    }

    private static boolean anyNamed(Path place, String beginning) {
        if (!Files.isDirectory(place)) {
            return false;
        }
        try (Stream<Path> files = Files.list(place)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(beginning));
        } catch (IOException e) {
            throw unreadable(place, e);
        }
    }

    private static boolean anyFile(Path code, List<String> endings) {
        try (Stream<Path> files = Files.walk(code)) {
            return files.map(Path::toString).anyMatch(file -> endings.stream().anyMatch(file::endsWith));
        } catch (IOException e) {
            throw unreadable(code, e);
        }
    }

    private static StorageException unreadable(Path place, IOException e) {
        return new StorageException("cannot read " + place + ": " + e, e);
    }
}
