package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/** JSON text to {@link Value} and back. Strict: duplicate keys, trailing text and deep nesting are refused. */
final class JsonDocument {
    private static final int MAX_DEPTH = 32;
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .build();

    private JsonDocument() {}

    /**
     * @param source what messages call the document
     * @throws InvalidRequestException if it is not one JSON value
     */
    static Value parse(String source, byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new InvalidRequestException(source + ": empty, expected a JSON object");
            }
            Value value = value(parser, first);
            if (parser.nextToken() != null) {
                throw new InvalidRequestException(source + ": text follows the end of the JSON value");
            }
            return value;
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new InvalidRequestException(source + ", line " + line + ": " + e.getOriginalMessage());
        }
    }

    /** Writes maps, lists, strings, numbers and truth values; keys come in the order of the maps. */
    static byte[] write(Map<String, ?> value) {
        return MAPPER.writeValueAsBytes(value);
    }

    private static Value value(JsonParser parser, JsonToken token) {
        int line = parser.currentTokenLocation().getLineNr();
        return switch (token) {
            case START_OBJECT -> mapping(parser, line);
            case START_ARRAY -> sequence(parser, line);
            case VALUE_STRING -> new Value.Text(line, parser.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Value.Numeral(line, parser.getString());
            case VALUE_TRUE -> new Value.Flag(line, true);
            case VALUE_FALSE -> new Value.Flag(line, false);
            default -> new Value.Nothing(line);
        };
    }

    private static Value mapping(JsonParser parser, int line) {
        Map<String, Value> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            entries.put(name, value(parser, parser.nextToken()));
        }
        return new Value.Mapping(line, entries);
    }

    private static Value sequence(JsonParser parser, int line) {
        List<Value> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(parser, token));
        }
        return new Value.Sequence(line, items);
    }
}
