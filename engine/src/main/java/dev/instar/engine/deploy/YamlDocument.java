package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * YAML text to {@link Value}. One document of at most 256 KiB; duplicate keys, tags of other types and deep nesting are
 * refused. Anchors and {@code <<} work, but what they expand to is bounded: a few lines of them can stand for
 * gigabytes.
 */
final class YamlDocument {
    static final int MOST_BYTES = 256 << 10;

    private static final int MOST_VALUES = 20_000;
    private static final int DEEPEST = 32;
    private static final Set<Tag> SCALARS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL);

    private final String source;
    private int values;

    private YamlDocument(String source) {
        this.source = source;
    }

    /**
     * @param source what messages call the document
     * @throws InvalidRequestException if it is not one YAML document, or breaks a rule above
     */
    static Value parse(String source, byte[] yaml) {
        return parse(source, decode(source, yaml));
    }

    static Value parse(String source, String yaml) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source)
                .setSchema(new CoreSchema())
                .setCodePointLimit(MOST_BYTES)
                .build();
        try {
            requireShallow(source, new Parse(settings).parseString(yaml));
            Optional<Node> root = new Compose(settings).composeString(yaml);
            return root.isEmpty() ? new Value.Mapping(1, Map.of()) : new YamlDocument(source).value(root.get(), 0);
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
            String problem = e.getProblem() == null ? String.valueOf(e.getContext()) : e.getProblem();
            throw new InvalidRequestException(
                    source + (mark == null ? "" : ", line " + (mark.getLine() + 1)) + ": " + problem);
        } catch (YamlEngineException e) {
            throw new InvalidRequestException(source + ": " + e.getMessage());
        }
    }

    /** @throws InvalidRequestException if the bytes are too many or not UTF-8 */
    static String decode(String source, byte[] yaml) {
        if (yaml.length > MOST_BYTES) {
            throw new InvalidRequestException(source + ": larger than 256 KiB");
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(yaml))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException _) {
            throw new InvalidRequestException(source + ": not UTF-8 text");
        }
    }

    /** The composer calls itself for every level; before it is let loose, the levels are counted. */
    private static void requireShallow(String source, Iterable<Event> events) {
        int depth = 0;
        for (Event event : events) {
            if (event instanceof CollectionStartEvent && ++depth > DEEPEST) {
                int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
                throw new InvalidRequestException(source + ", line " + line + ": too deeply nested");
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
    }

    private Value value(Node node, int depth) {
        int line = line(node);
        if (++values > MOST_VALUES || depth > DEEPEST) {
            throw invalid(line, "too many or too deeply nested values, aliases included");
        }
        return switch (node) {
            case ScalarNode scalar -> scalar(scalar, line);
            case SequenceNode sequence -> {
                requireTag(sequence, Tag.SEQ, line);
                List<Value> items = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    items.add(value(item, depth + 1));
                }
                yield new Value.Sequence(line, items);
            }
            case MappingNode mapping -> {
                requireTag(mapping, Tag.MAP, line);
                yield mapping(mapping, line, depth);
            }
            default -> throw invalid(line, "unexpected " + node.getNodeType());
        };
    }

    private Value.Mapping mapping(MappingNode node, int line, int depth) {
        Map<String, Value> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            String key = key(tuple.getKeyNode());
            if (entries.put(key, value(tuple.getValueNode(), depth + 1)) != null) {
                throw invalid(line(tuple.getKeyNode()), key + ": given twice");
            }
        }
        return new Value.Mapping(line, entries);
    }

    private String key(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw invalid(line(node), "a key must be a string");
    }

    private Value scalar(ScalarNode node, int line) {
        Tag tag = node.getTag();
        if (!SCALARS.contains(tag)) {
            throw invalid(line, "the tag " + tag.getValue() + " is not allowed");
        }
        String text = node.getValue();
        if (tag.equals(Tag.BOOL)) {
            return new Value.Flag(line, text.equalsIgnoreCase("true"));
        }
        if (tag.equals(Tag.NULL)) {
            return new Value.Nothing(line);
        }
        return tag.equals(Tag.STR) ? new Value.Text(line, text) : new Value.Numeral(line, text);
    }

    private void requireTag(Node node, Tag expected, int line) {
        if (!node.getTag().equals(expected)) {
            throw invalid(line, "the tag " + node.getTag().getValue() + " is not allowed");
        }
    }

    private InvalidRequestException invalid(int line, String problem) {
        return new InvalidRequestException(source + ", line " + line + ": " + problem);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
