package dev.instar.engine;

import java.util.regex.Pattern;

/**
 * A function's address: its name and the namespace (tenant) it belongs to.
 *
 * @param namespace 1 to 63 characters of {@code [a-z0-9-]}, starting and ending with a letter or digit
 * @param name of the same form
 */
public record FunctionName(String namespace, String name) implements Comparable<FunctionName> {
    /** The namespace of a function whose address names none. */
    public static final String DEFAULT_NAMESPACE = "default";

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /** @throws InvalidRequestException if a part is not of the form above */
    public FunctionName {
        requireLabel("namespace", namespace);
        requireLabel("function name", name);
    }

    /**
     * Parses {@code NAME} or {@code NAME.NAMESPACE}, as OpenFaaS writes it in paths.
     *
     * @throws InvalidRequestException if it is of neither form
     */
    public static FunctionName parse(String text) {
        int dot = text.indexOf('.');
        return dot < 0
                ? new FunctionName(DEFAULT_NAMESPACE, text)
                : new FunctionName(text.substring(dot + 1), text.substring(0, dot));
    }

    /**
     * Checks one part of an address.
     *
     * @param what what the part is, for the message
     * @throws InvalidRequestException if it is not of the form above
     */
    public static void requireLabel(String what, String value) {
        if (!LABEL.matcher(value).matches()) {
            throw new InvalidRequestException(
                    what + " must be 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-': \"" + value + "\"");
        }
    }

    @Override
    public int compareTo(FunctionName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    /** {@code NAME.NAMESPACE}. */
    @Override
    public String toString() {
        return name + "." + namespace;
    }
}
