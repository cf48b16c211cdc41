package dev.instar.cli;

import dev.instar.cli.client.UriText;
import java.util.Map;

/** A function as the command line names it. */
record FunctionAddress(String namespace, String name) {
    /** The path under {@code prefix} that stands for it in the management API. */
    String under(String prefix) {
        return prefix + "/" + UriText.escape(name);
    }

    /** The query that names its namespace. */
    Map<String, String> query() {
        return Map.of("namespace", namespace);
    }

    @Override
    public String toString() {
        return name + "." + namespace;
    }
}
