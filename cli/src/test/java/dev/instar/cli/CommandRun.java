package dev.instar.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Runs the real command in this process, with an environment and a home directory of its own. */
final class CommandRun {
    private final Map<String, String> environment = new HashMap<>();
    private byte[] input = new byte[0];

    private CommandRun() {}

    static CommandRun in(Path home) {
        CommandRun run = new CommandRun();
        run.environment.put("HOME", home.toString());
        run.environment.put("INSTAR_DATA", home.resolve("data").toString());
        return run;
    }

    CommandRun with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    CommandRun input(String text) {
        input = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    Result run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = CommandTree.run(
                new Console(
                        new ByteArrayInputStream(input),
                        new PrintStream(out, false, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        environment,
                        false),
                arguments);
        return new Result(status, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    record Result(int status, byte[] bytes, String err) {
        String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
