package dev.instar.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * What an instance's shim is told before it loads the handler; the content of the INIT frame.
 *
 * @param function the function's name
 * @param namespace its namespace
 * @param version digest or number of its version
 * @param instance identifies the instance
 * @param handler module and attribute such as {@code handler.handle}; empty to look in the usual places
 * @param convention how the handler is called
 * @param init name of a function of the handler's module to call once; empty for none
 * @param channels how many channels the process has, 1 to 64
 * @param memoryMib memory limit in MiB, shown to Lambda handlers
 * @param timeoutMillis time limit of a call, in milliseconds
 * @param command program and arguments of {@link RuntimeKind#PROGRAM}; otherwise empty
 * @param warmUp events given to the handler before it is ready
 * @param template whether the process is to become a template, so that the shim prepares what must be in place before
 *     the handler is loaded; {@link Channel#park} needs it
 */
public record ShimSettings(
        String function,
        String namespace,
        String version,
        String instance,
        String handler,
        HandlerConvention convention,
        String init,
        int channels,
        long memoryMib,
        long timeoutMillis,
        List<String> command,
        List<String> warmUp,
        boolean template) {
    /**
     * Takes unmodifiable copies.
     *
     * @throws IllegalArgumentException if {@code channels} is out of range
     */
    public ShimSettings {
        if (channels < 1 || channels > 64) {
            throw new IllegalArgumentException("channels must be between 1 and 64, not " + channels);
        }
        command = List.copyOf(command);
        warmUp = List.copyOf(warmUp);
    }

    /** Settings of an ordinary instance, which is not to become a template. */
    public ShimSettings(
            String function,
            String namespace,
            String version,
            String instance,
            String handler,
            HandlerConvention convention,
            String init,
            int channels,
            long memoryMib,
            long timeoutMillis,
            List<String> command,
            List<String> warmUp) {
        this(
                function,
                namespace,
                version,
                instance,
                handler,
                convention,
                init,
                channels,
                memoryMib,
                timeoutMillis,
                command,
                warmUp,
                false);
    }

    /** The same, for a process that is to become a template. */
    public ShimSettings forTemplate() {
        return new ShimSettings(
                function,
                namespace,
                version,
                instance,
                handler,
                convention,
                init,
                channels,
                memoryMib,
                timeoutMillis,
                command,
                warmUp,
                true);
    }

    /** Keys and values in turn, as the INIT frame carries them. */
    List<String> pairs() {
        List<String> pairs = new ArrayList<>(List.of(
                "function", function,
                "namespace", namespace,
                "version", version,
                "instance", instance,
                "handler", handler));
        pairs.addAll(List.of(
                "convention", convention.wireName(),
                "init", init,
                "channels", Integer.toString(channels),
                "memory-mib", Long.toString(memoryMib),
                "timeout-ms", Long.toString(timeoutMillis)));
        for (String argument : command) {
            pairs.addAll(List.of("command", argument));
        }
        for (String event : warmUp) {
            pairs.addAll(List.of("warm-up", event));
        }
        if (template) {
            pairs.addAll(List.of("template", "yes"));
        }
        return pairs;
    }
}
