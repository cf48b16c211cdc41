package dev.instar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Data given on the command line: the text itself, {@code @FILE}, or {@code -} for standard input. */
final class InputText {
    private InputText() {}

    static byte[] read(String argument, InputStream standardInput) {
        try {
            if (argument.equals("-")) {
                return standardInput.readAllBytes();
            }
            return argument.startsWith("@")
                    ? Files.readAllBytes(Path.of(argument.substring(1)))
                    : argument.getBytes(StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "there is no file " + argument.substring(1), e);
        } catch (IOException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "cannot read " + argument + ": " + e.getMessage(), e);
        }
    }
}
