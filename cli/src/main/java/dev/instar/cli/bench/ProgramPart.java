package dev.instar.cli.bench;

import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What random programs are made of: a function of two small numbers that builds state, and returns one that uses it.
 *
 * @param name of the function
 * @param refused whether a process with this state cannot become a template
 * @param text of the function
 */
record ProgramPart(String name, boolean refused, String text) {
    /** All parts of a runtime's programs. */
    static List<ProgramPart> all(RuntimeKind runtime) {
        boolean python = runtime == RuntimeKind.PYTHON;
        String mark = python ? "\n#: " : "\n//: ";
        List<ProgramPart> parts = new ArrayList<>();
        String text = read(python ? "clones/program.py" : "clones/program.js");
        for (int begin = text.indexOf(mark); begin >= 0; ) {
            int end = text.indexOf(mark, begin + 1);
            int line = text.indexOf('\n', begin + 1);
            String head = text.substring(begin + mark.length(), line);
            parts.add(new ProgramPart(
                    head.replace(" refused", ""),
                    head.endsWith(" refused"),
                    text.substring(line + 1, end < 0 ? text.length() : end + 1)));
            begin = end;
        }
        return parts;
    }

    private static String read(String name) {
        try (InputStream in = Objects.requireNonNull(ProgramPart.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
