package dev.instar.engine.logs;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** One line of a log file: a JSON object and a line feed. The file's place says which function it is of. */
final class LineFormat {
    private static final ObjectMapper JSON = JsonMapper.shared();

    private LineFormat() {}

    private record Stored(String time, String instance, String stream, String text) {}

    static byte[] encode(Line line) {
        Stored stored = new Stored(line.time().toString(), line.instance(), line.stream(), line.text());
        return (JSON.writeValueAsString(stored) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Empty for what is no line: a crash of the machine can leave a torn one. */
    static Optional<Line> decode(FunctionName function, String text) {
        try {
            Stored stored = JSON.readValue(text, Stored.class);
            return Optional.of(new Line(
                    Instant.parse(stored.time()), function, stored.instance(), stored.stream(), stored.text()));
        } catch (JacksonException | NullPointerException | java.time.DateTimeException e) {
            return Optional.empty();
        }
    }
}
