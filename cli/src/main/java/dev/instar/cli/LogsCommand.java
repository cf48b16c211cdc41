package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar logs}. */
@Command(name = "logs", description = "Show what a function has written to its output.")
final class LogsCommand extends GatewayCommand {
    private static final Pattern AGO = Pattern.compile("(\\d{1,9})([smhd])");

    @Parameters(paramLabel = "NAME", description = "The function.")
    private String name = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with new lines until interrupted.")
    private boolean follow;

    @Option(names = "--tail", paramLabel = "LINES", description = "At most this many of the newest lines.")
    private int tail = -1;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only lines since then: 90s, 15m, 2h, 3d, or a time in ISO 8601.")
    private String since = "";

    @Option(names = "--instance", paramLabel = "ID", description = "Only lines of this instance.")
    private String instance = "";

    LogsCommand(Console console) {
        super(console);
    }

    @Override
    int run(GatewayClient client) {
        FunctionAddress function = node.function(name);
        Map<String, String> query = new HashMap<>(function.query());
        query.put("name", function.name());
        query.put("tail", Integer.toString(tail));
        query.put("follow", Boolean.toString(follow));
        query.put("instance", instance);
        query.put(
                "since", since.isEmpty() ? "" : sinceTime(since, Instant.now()).toString());
        client.lines("/system/logs", query, this::show);
        return ExitStatus.OK;
    }

    private void show(String line) {
        if (line.isBlank()) {
            return;
        }
        if (node.json()) {
            console.out().println(line);
        } else {
            JsonNode entry = Json.parse(line);
            console.out()
                    .println(Output.text(entry, "timestamp") + " " + Output.text(entry, "instance") + " "
                            + entry.path("text").asString(""));
        }
        console.out().flush();
    }

    static Instant sinceTime(String text, Instant now) {
        Matcher ago = AGO.matcher(text.toLowerCase(Locale.ROOT));
        if (ago.matches()) {
            long amount = Long.parseLong(ago.group(1));
            return now.minus(
                    switch (ago.group(2)) {
                        case "s" -> Duration.ofSeconds(amount);
                        case "m" -> Duration.ofMinutes(amount);
                        case "h" -> Duration.ofHours(amount);
                        default -> Duration.ofDays(amount);
                    });
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw CommandException.badInput(
                    "--since takes a time such as 15m or 2024-05-01T10:00:00Z, not \"" + text + "\"");
        }
    }
}
