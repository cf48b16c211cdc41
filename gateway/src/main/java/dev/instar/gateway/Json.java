package dev.instar.gateway;

import dev.instar.engine.InvalidRequestException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON to and from records, strictly. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();

    private Json() {}

    static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** @throws InvalidRequestException naming the field that is unknown or malformed */
    static <T> T read(byte[] document, Class<T> type) {
        if (document.length == 0) {
            throw new InvalidRequestException("the request needs a JSON body");
        }
        try {
            T value = MAPPER.readValue(document, type);
            if (value == null) {
                throw new InvalidRequestException("the request needs a JSON object, not null");
            }
            return value;
        } catch (JacksonException e) {
            throw new InvalidRequestException(explain(e));
        }
    }

    /** @throws InvalidRequestException if the document is not one JSON object */
    static ObjectNode object(byte[] document) {
        try {
            if (MAPPER.readTree(document) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new InvalidRequestException(explain(e));
        }
        throw new InvalidRequestException("the request needs a JSON object");
    }

    /** The document with the field set if it is an object without it. */
    static byte[] withDefault(byte[] document, String field, String value) {
        try {
            JsonNode node = MAPPER.readTree(document);
            if (node instanceof ObjectNode object
                    && object.path(field).asString("").isEmpty()) {
                object.put(field, value);
                return MAPPER.writeValueAsBytes(object);
            }
            return document;
        } catch (JacksonException e) {
            throw new InvalidRequestException(explain(e));
        }
    }

    /** @throws InvalidRequestException if the field was not given */
    static <T> T required(String field, @Nullable T value) {
        if (value == null || value.equals("")) {
            throw new InvalidRequestException("field \"" + field + "\" is missing");
        }
        return value;
    }

    private static String explain(JacksonException e) {
        if (e instanceof UnrecognizedPropertyException unknown) {
            String known = unknown.getKnownPropertyIds() == null
                    ? ""
                    : unknown.getKnownPropertyIds().stream()
                            .map(String::valueOf)
                            .sorted()
                            .collect(Collectors.joining(", ", "; known are ", ""));
            return "unknown field \"" + unknown.getPropertyName() + "\"" + known;
        }
        if (e instanceof DatabindException && !e.getPath().isEmpty()) {
            return "field \"" + path(e.getPath()) + "\" is malformed: " + e.getOriginalMessage();
        }
        String field = e.processor() instanceof JsonParser parser ? parser.currentName() : null;
        String where = field == null ? "" : " in field \"" + field + "\"";
        return "malformed JSON" + where + ": " + e.getOriginalMessage();
    }

    private static String path(List<JacksonException.Reference> path) {
        return path.stream()
                .map(step -> step.getPropertyName() == null ? "[" + step.getIndex() + "]" : step.getPropertyName())
                .collect(Collectors.joining("."));
    }
}
