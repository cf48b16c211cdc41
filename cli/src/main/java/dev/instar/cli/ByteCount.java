package dev.instar.cli;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.deploy.Quantity;

/** An amount of memory or disk on the command line, such as {@code 512Mi}. */
final class ByteCount {
    private ByteCount() {}

    static long parse(String text) {
        try {
            return Quantity.bytes(text);
        } catch (InvalidRequestException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, String.valueOf(e.getMessage()), e);
        }
    }
}
