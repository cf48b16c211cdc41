package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class OpenApiTest {
    private static final List<String> METHODS = List.of("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH");
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

    private static JsonNode document() {
        try (Gateway gateway = Gateway.start()) {
            return Gateway.json(gateway.send(gateway.request("/openapi.json")));
        }
    }

    @Test
    void describesExactlyTheRoutesThereAre() {
        Set<String> described = new TreeSet<>();
        document()
                .path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(item -> {
                    if (METHODS.contains(item.getKey().toUpperCase(Locale.ROOT))) {
                        described.add(item.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));

        Set<String> registered = new TreeSet<>();
        for (Route route : AccessTest.routes()) {
            List<String> methods = route.method().equals("*") ? METHODS : List.of(route.method());
            methods.forEach(method -> registered.add(method + " " + route.template()));
        }
        assertThat(described).isEqualTo(registered);
    }

    @Test
    void isConsistentInItself() {
        JsonNode document = document();
        assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
        Set<String> ids = new HashSet<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(item -> {
                    if (METHODS.contains(item.getKey().toUpperCase(Locale.ROOT))) {
                        JsonNode operation = item.getValue();
                        assertThat(ids.add(operation.path("operationId").asString()))
                                .isTrue();
                        assertThat(operation.path("summary").asString()).isNotEmpty();
                        assertThat(operation.path("responses").isEmpty()).isFalse();
                        Set<String> declared = new HashSet<>();
                        for (JsonNode holder : List.of(path.getValue(), operation)) {
                            holder.path("parameters").forEach(parameter -> {
                                JsonNode resolved = resolve(document, parameter);
                                if (resolved.path("in").asString().equals("path")) {
                                    declared.add(resolved.path("name").asString());
                                }
                            });
                        }
                        Matcher parameters = PARAMETER.matcher(path.getKey());
                        Set<String> used = new HashSet<>();
                        while (parameters.find()) {
                            used.add(parameters.group(1));
                        }
                        assertThat(declared)
                                .as("%s %s", item.getKey(), path.getKey())
                                .isEqualTo(used);
                    }
                }));
        document.findValues("$ref")
                .forEach(reference -> assertThat(
                                document.at(reference.asString().substring(1)).isMissingNode())
                        .as(reference.asString())
                        .isFalse());
    }

    private static JsonNode resolve(JsonNode document, JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asString().substring(1)) : node;
    }
}
