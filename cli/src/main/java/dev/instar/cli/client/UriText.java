package dev.instar.cli.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Escapes text for use in a request's target. */
public final class UriText {
    private UriText() {}

    /** One segment of a path, or one part of a query. */
    public static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** {@code ?} and the parameters by name, without those that are empty; nothing if none is left. */
    static String query(Map<String, String> parameters) {
        String joined = new TreeMap<>(parameters)
                .entrySet().stream()
                        .filter(parameter -> !parameter.getValue().isEmpty())
                        .map(parameter -> escape(parameter.getKey()) + "=" + escape(parameter.getValue()))
                        .collect(Collectors.joining("&"));
        return joined.isEmpty() ? "" : "?" + joined;
    }
}
