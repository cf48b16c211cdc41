package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Variables in {@code stack.yml}, replaced before the YAML is read as faas-cli does: <code>${NAME}</code>, <code>
 * ${NAME:-text}</code> and <code>${NAME:=text}</code> for a variable that is unset or empty, <code>${NAME-text}</code>
 * for one that is unset. The text may hold variables again. A variable that is unset is replaced by nothing.
 */
final class Substitution {
    private static final int DEEPEST = 16;
    private static final int LONGEST = 1 << 20;

    private final String source;
    private final String text;
    private final Function<String, @Nullable String> variables;
    private int position;

    private Substitution(String source, String text, Function<String, @Nullable String> variables) {
        this.source = source;
        this.text = text;
        this.variables = variables;
    }

    /** @throws InvalidRequestException naming the line of a variable that is not of the form above */
    static String apply(String source, String text, Function<String, @Nullable String> variables) {
        return new Substitution(source, text, variables).run(0, false);
    }

    private String run(int depth, boolean inside) {
        StringBuilder out = new StringBuilder();
        while (position < text.length()) {
            char c = text.charAt(position);
            if (inside && c == '}') {
                return out.toString();
            }
            if (c == '$' && text.startsWith("${", position)) {
                position += 2;
                out.append(variable(depth + 1));
            } else {
                out.append(c);
                position++;
            }
            if (out.length() > LONGEST) {
                throw invalid("grows beyond 1 MiB");
            }
        }
        if (inside) {
            throw invalid("has no closing brace");
        }
        return out.toString();
    }

    private String variable(int depth) {
        if (depth > DEEPEST) {
            throw invalid("is nested too deeply");
        }
        int start = position;
        while (position < text.length() && isNamePart(text.charAt(position))) {
            position++;
        }
        String name = text.substring(start, position);
        String operator = operator();
        if (name.isEmpty() || operator == null) {
            throw invalid("is not of the form ${NAME} or ${NAME:-default}");
        }
        String otherwise = operator.isEmpty() ? "" : run(depth, true);
        if (!text.startsWith("}", position)) {
            throw invalid("is not of the form ${NAME} or ${NAME:-default}");
        }
        position++;
        @Nullable String value = variables.apply(name);
        return value == null || (value.isEmpty() && !operator.equals("-")) ? otherwise : value;
    }

    private @Nullable String operator() {
        for (String operator : new String[] {":-", ":=", "-"}) {
            if (text.startsWith(operator, position)) {
                position += operator.length();
                return operator;
            }
        }
        return text.startsWith("}", position) ? "" : null;
    }

    private static boolean isNamePart(char c) {
        return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    private InvalidRequestException invalid(String problem) {
        long line = 1
                + text.substring(0, Math.min(position, text.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
        return new InvalidRequestException(source + ", line " + line + ": a ${…} variable " + problem);
    }
}
