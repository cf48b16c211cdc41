package dev.instar.engine.deploy;

import java.util.List;
import java.util.Map;

/** A parsed YAML or JSON value that remembers its line, so that errors can point at it. */
sealed interface Value {
    /** Line of its first character, counting from 1. */
    int line();

    /** What a user would call this kind of value. */
    String kind();

    /** A string. */
    record Text(int line, String text) implements Value {
        @Override
        public String kind() {
            return "a string";
        }
    }

    /** A number, as it was written. */
    record Numeral(int line, String text) implements Value {
        @Override
        public String kind() {
            return "a number";
        }
    }

    /** {@code true} or {@code false}. */
    record Flag(int line, boolean value) implements Value {
        @Override
        public String kind() {
            return "a truth value";
        }
    }

    /** Nothing, or {@code null}. */
    record Nothing(int line) implements Value {
        @Override
        public String kind() {
            return "nothing";
        }
    }

    /** A list. */
    record Sequence(int line, List<Value> items) implements Value {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A mapping, in the order it was written. */
    record Mapping(int line, Map<String, Value> entries) implements Value {
        @Override
        public String kind() {
            return "a mapping";
        }
    }
}
