package dev.instar.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a clone is told when it begins to run; the content of the WAKE frame.
 *
 * @param function the function's name
 * @param namespace its namespace
 * @param version digest or number of its version
 * @param instance identifies the instance
 * @param hostname the host name of the instance's sandbox
 * @param entropy 64 bytes from the machine's random source in hexadecimal, never used for another instance
 * @param environment every variable the process is to have; what it has beside these is removed
 */
public record WakeSettings(
        String function,
        String namespace,
        String version,
        String instance,
        String hostname,
        String entropy,
        Map<String, String> environment) {
    private static final Pattern ENTROPY = Pattern.compile("[0-9a-f]{128}");

    /**
     * Takes an unmodifiable copy.
     *
     * @throws IllegalArgumentException if {@code entropy} is not 64 bytes in lower case, or a variable's name is empty
     *     or holds {@code =}
     */
    public WakeSettings {
        if (!ENTROPY.matcher(entropy).matches()) {
            throw new IllegalArgumentException("entropy must be 128 hexadecimal digits in lower case");
        }
        environment = Map.copyOf(environment);
        for (String name : environment.keySet()) {
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IllegalArgumentException("\"" + name + "\" cannot be the name of an environment variable");
            }
        }
    }

    /**
     * Keys and values in turn, as the WAKE frame carries them: the environment last and sorted, so that a shim can
     * compare it as one string of bytes.
     */
    List<String> pairs() {
        List<String> pairs = new ArrayList<>(12 + 2 * environment.size());
        pairs.addAll(List.of("function", function, "namespace", namespace, "version", version));
        pairs.addAll(List.of("instance", instance, "hostname", hostname, "entropy", entropy));
        List<String> variables = new ArrayList<>(environment.size());
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        variables.sort(null);
        variables.forEach(variable -> pairs.addAll(List.of("env", variable)));
        return pairs;
    }

    /** Leaves out entropy and environment, which are secret. */
    @Override
    public String toString() {
        return "WakeSettings[" + namespace + "/" + function + "@" + version + ", instance=" + instance + ", hostname="
                + hostname + "]";
    }
}
