package dev.instar.engine.store;

import dev.instar.runtime.HeaderField;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Labels and headers as JSON in a column. */
final class ColumnJson {
    private static final JsonMapper JSON = new JsonMapper();

    private ColumnJson() {}

    static String write(Map<String, String> map) {
        return JSON.writeValueAsString(new TreeMap<>(map));
    }

    static Map<String, String> read(String json) {
        return Map.copyOf(JSON.readValue(json, new TypeReference<Map<String, String>>() {}));
    }

    /** Names and values in turn: a header may come more than once. */
    static String writeHeaders(List<HeaderField> headers) {
        List<String> flat = new ArrayList<>();
        for (HeaderField header : headers) {
            flat.add(header.name());
            flat.add(header.value());
        }
        return JSON.writeValueAsString(flat);
    }

    static List<HeaderField> readHeaders(String json) {
        List<String> flat = JSON.readValue(json, new TypeReference<List<String>>() {});
        List<HeaderField> headers = new ArrayList<>();
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            headers.add(new HeaderField(flat.get(i), flat.get(i + 1)));
        }
        return List.copyOf(headers);
    }
}
