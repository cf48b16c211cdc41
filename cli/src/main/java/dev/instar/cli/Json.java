package dev.instar.cli;

import java.io.PrintStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON as commands read and print it. */
public final class Json {
    private static final JsonMapper REPORTS = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** An empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** A benchmark's report as a tree, its names as the reports of other tools have them: {@code per_second}. */
    public static JsonNode report(Object report) {
        return REPORTS.valueToTree(report);
    }

    /** Records, maps and lists as a tree. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** @throws JacksonException if the text is not one JSON value */
    public static JsonNode parse(String text) {
        return MAPPER.readTree(text);
    }

    /** One line. */
    public static String compact(JsonNode value) {
        return value.toString();
    }

    /** Indented, ended by a newline. */
    public static void print(JsonNode value, PrintStream out) {
        out.println(MAPPER.writeValueAsString(value));
    }
}
