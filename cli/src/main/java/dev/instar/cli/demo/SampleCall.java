package dev.instar.cli.demo;

import dev.instar.cli.CommandException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * How a sample function is called, and how its reply is recognised.
 *
 * @param function its name, which is that of its folder
 * @param body the request
 * @param expected what the reply must be
 */
record SampleCall(String function, byte[] body, Predicate<byte[]> expected) {
    private static final byte[] TEXT =
            "an instar is what an insect is between two moults\n".getBytes(StandardCharsets.UTF_8);

    /** One call for each sample function. */
    static List<SampleCall> all() {
        return List.of(
                new SampleCall("thumbnail", new byte[0], SampleCall::isJpeg),
                new SampleCall("page", new byte[0], reply -> text(reply).contains("<h1>From egg to imago</h1>")),
                new SampleCall("noop", TEXT, reply -> Arrays.equals(reply, TEXT)),
                new SampleCall("wc", TEXT, reply -> text(reply).strip().matches("1\\s+10\\s+" + TEXT.length)));
    }

    /** @throws CommandException if the reply is not what the function should answer */
    void check(int status, byte[] reply) {
        if (status != 200 || !expected.test(reply)) {
            String shown = text(reply).strip();
            throw CommandException.failed(function + " answered HTTP status " + status + " with "
                    + (shown.length() > 500 ? shown.substring(0, 500) + "…" : shown));
        }
    }

    private static boolean isJpeg(byte[] reply) {
        return reply.length > 1000 && reply[0] == (byte) 0xff && reply[1] == (byte) 0xd8;
    }

    private static String text(byte[] reply) {
        return new String(reply, StandardCharsets.UTF_8);
    }
}
