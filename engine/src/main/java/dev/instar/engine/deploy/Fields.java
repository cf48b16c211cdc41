package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Strict reading of one mapping: each field is asked for by name and type, and {@link #finish} refuses the ones nobody
 * asked for. A field that is absent or empty counts as not given. Confined to one thread.
 */
public final class Fields {
    private final String source;
    private final String path;
    private final Value.Mapping mapping;
    private final Set<String> known = new HashSet<>();

    private Fields(String source, String path, Value.Mapping mapping) {
        this.source = source;
        this.path = path;
        this.mapping = mapping;
    }

    /**
     * The fields of a YAML file.
     *
     * @throws InvalidRequestException if it is not a mapping
     * @throws IOException if it cannot be read
     */
    public static Fields read(Path yaml) throws IOException {
        String source = String.valueOf(yaml.getFileName());
        try (InputStream in = Files.newInputStream(yaml)) {
            return of(source, YamlDocument.parse(source, in.readNBytes(YamlDocument.MOST_BYTES + 1)));
        }
    }

    /** No fields, as of an empty file. */
    public static Fields none() {
        return new Fields("", "", new Value.Mapping(1, Map.of()));
    }

    /**
     * The fields of a whole document.
     *
     * @param source what messages call the document
     * @throws InvalidRequestException if it is not a mapping
     */
    static Fields of(String source, Value document) {
        if (document instanceof Value.Mapping mapping) {
            return new Fields(source, "", mapping);
        }
        throw new InvalidRequestException(source + ": expected a mapping of fields, found " + document.kind());
    }

    /** A string. */
    public Optional<String> text(String name) {
        return present(name).map(value -> textOf(name, value));
    }

    /**
     * A field of which the text is read further; an {@link InvalidRequestException} of {@code parse} gets its place.
     */
    public <T> Optional<T> parsed(String name, Function<String, T> parse) {
        return present(name).map(value -> at(name, value, () -> parse.apply(scalarOf(name, value))));
    }

    /** A whole number. */
    public Optional<Integer> integer(String name) {
        return present(name).map(value -> {
            if (value instanceof Value.Numeral numeral) {
                try {
                    return Integer.valueOf(numeral.text());
                } catch (NumberFormatException _) {
                    throw error(name, value, "expected a whole number, found " + numeral.text());
                }
            }
            throw mismatch(name, value, "a whole number");
        });
    }

    /** {@code true} or {@code false}. */
    public Optional<Boolean> flag(String name) {
        return present(name).map(value -> {
            if (value instanceof Value.Flag flag) {
                return flag.value();
            }
            throw mismatch(name, value, "true or false");
        });
    }

    /** A list of strings; empty if not given. */
    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (Value item : sequence(name)) {
            texts.add(textOf(name, item));
        }
        return texts;
    }

    /** A mapping to scalars, each as it was written; empty if not given. */
    Map<String, String> scalars(String name) {
        Map<String, String> scalars = new LinkedHashMap<>();
        mapping(name)
                .ifPresent(fields -> fields.mapping.entries().forEach((key, value) -> {
                    String text = value instanceof Value.Nothing ? "" : fields.scalarOf(key, value);
                    scalars.put(key, text);
                }));
        return scalars;
    }

    /** A mapping whose fields are read in their turn. The caller finishes it. */
    public Optional<Fields> mapping(String name) {
        return present(name).map(value -> nested(name, value));
    }

    /** A list of mappings; empty if not given. The caller finishes each. */
    List<Fields> mappings(String name) {
        List<Fields> mappings = new ArrayList<>();
        int index = 0;
        for (Value item : sequence(name)) {
            mappings.add(nested(name + "[" + index++ + "]", item));
        }
        return mappings;
    }

    /** Every field of the mapping as a mapping of its own. */
    Map<String, Fields> children() {
        Map<String, Fields> children = new LinkedHashMap<>();
        mapping.entries().forEach((name, value) -> {
            known.add(name);
            children.put(name, nested(name, value));
        });
        return children;
    }

    /** Accepts fields that have no effect here. */
    void ignore(String... names) {
        known.addAll(List.of(names));
    }

    boolean has(String name) {
        return present(name).isPresent();
    }

    /** @throws InvalidRequestException if the mapping has a field that was never asked for */
    public void finish() {
        mapping.entries().forEach((name, value) -> {
            if (!known.contains(name)) {
                throw error(name, value, "unknown field; known are " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    /** An error about a field, with its place. */
    public InvalidRequestException error(String name, String problem) {
        Value value = mapping.entries().get(name);
        return error(name, value == null ? mapping : value, problem);
    }

    /** An error about the mapping as a whole, with its place. */
    InvalidRequestException error(String problem) {
        String where = path.isEmpty() ? "" : path + ": ";
        return new InvalidRequestException(source + ", line " + mapping.line() + ": " + where + problem);
    }

    private Optional<Value> present(String name) {
        known.add(name);
        Value value = mapping.entries().get(name);
        return value == null || value instanceof Value.Nothing ? Optional.empty() : Optional.of(value);
    }

    private List<Value> sequence(String name) {
        Optional<Value> value = present(name);
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get() instanceof Value.Sequence sequence) {
            return sequence.items();
        }
        throw mismatch(name, value.get(), "a list");
    }

    private Fields nested(String name, Value value) {
        if (value instanceof Value.Mapping child) {
            return new Fields(source, qualified(name), child);
        }
        throw mismatch(name, value, "a mapping");
    }

    private String textOf(String name, Value value) {
        if (value instanceof Value.Text text) {
            return text.text();
        }
        throw mismatch(name, value, "a string");
    }

    private String scalarOf(String name, Value value) {
        return switch (value) {
            case Value.Text text -> text.text();
            case Value.Numeral numeral -> numeral.text();
            case Value.Flag flag -> String.valueOf(flag.value());
            case Value.Nothing _, Value.Sequence _, Value.Mapping _ ->
                throw mismatch(name, value, "a string or number");
        };
    }

    private <T> T at(String name, Value value, Supplier<T> read) {
        try {
            return read.get();
        } catch (InvalidRequestException e) {
            String problem = String.valueOf(e.getMessage());
            throw problem.startsWith(source) ? e : error(name, value, problem);
        }
    }

    private InvalidRequestException mismatch(String name, Value value, String expected) {
        return error(name, value, "expected " + expected + ", found " + value.kind());
    }

    private InvalidRequestException error(String name, Value value, String problem) {
        return new InvalidRequestException(source + ", line " + value.line() + ": " + qualified(name) + ": " + problem);
    }

    private String qualified(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
