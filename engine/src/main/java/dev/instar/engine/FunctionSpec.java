package dev.instar.engine;

import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Everything a user settles about one version of a function. Together with the content of its code it determines the
 * version's digest.
 *
 * @param name address
 * @param code digest of the code tree, {@code sha256:} and 64 hexadecimal digits; empty for a program of the machine
 *     without files
 * @param runtime language runtime
 * @param convention how the handler is called; {@code AUTO} lets the shim find out
 * @param handler module and attribute such as {@code handler.handle}; empty to look in the usual places
 * @param command program and arguments for {@link RuntimeKind#PROGRAM}; otherwise empty
 * @param environment variables the handler sees
 * @param secrets names of the namespace's secrets that appear as files
 * @param limits resources of one instance
 * @param timeout from the acceptance of a call to the end of its reply; 1 ms to 24 h
 * @param concurrency calls one instance serves at a time; 1 to 64
 * @param network network of an instance
 * @param labels free-form, shown and returned
 * @param annotations free-form, shown and returned
 * @param layers digests of further code trees, mounted read-only
 * @param init name of a function of the handler's module to call once before the first invocation; empty for none
 * @param warmUp events given to the handler before an instance counts as ready; replies are dropped
 * @param scaling instance counts, keep-alive and priority
 * @param triggers cron triggers
 * @param publicAccess whether calls need no credentials
 * @param start how instances start; of no effect on a {@link RuntimeKind#PROGRAM}, which always starts cold
 */
public record FunctionSpec(
        FunctionName name,
        String code,
        RuntimeKind runtime,
        HandlerConvention convention,
        String handler,
        List<String> command,
        Map<String, String> environment,
        List<String> secrets,
        ResourceLimits limits,
        Duration timeout,
        int concurrency,
        NetworkMode network,
        Map<String, String> labels,
        Map<String, String> annotations,
        List<String> layers,
        String init,
        List<String> warmUp,
        Scaling scaling,
        List<CronTrigger> triggers,
        boolean publicAccess,
        StartPreference start) {
    /**
     * Validates ranges and takes unmodifiable copies.
     *
     * @throws InvalidRequestException naming the field that is out of range
     */
    public FunctionSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        secrets = List.copyOf(secrets);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        layers = List.copyOf(layers);
        warmUp = List.copyOf(warmUp);
        triggers = List.copyOf(triggers);
        if (timeout.toMillis() < 1 || timeout.compareTo(Duration.ofHours(24)) > 0) {
            throw new InvalidRequestException("timeout must be between 1ms and 24h");
        }
        if (concurrency < 1 || concurrency > 64) {
            throw new InvalidRequestException("concurrency must be between 1 and 64");
        }
    }

    /**
     * How many instances a function has, how long an idle one stays, and whose starts come first.
     *
     * @param minimum instances kept even when idle; 0 scales to zero
     * @param maximum instances at the most; 1 to 10000
     * @param keepAlive how long an idle instance stays
     * @param priority of its starts among those of the node
     */
    public record Scaling(int minimum, int maximum, KeepAlive keepAlive, Priority priority) {
        /** From zero to 64 instances, kept for 10 minutes, of normal priority. */
        public static final Scaling DEFAULT = new Scaling(0, 64, KeepAlive.DEFAULT, Priority.NORMAL);

        private static final int MOST_INSTANCES = 10_000;

        /** @throws InvalidRequestException if out of range */
        public Scaling {
            if (minimum < 0 || maximum < 1 || maximum > MOST_INSTANCES || minimum > maximum) {
                throw new InvalidRequestException(
                        "scaling must satisfy 0 <= minimum <= maximum, 1 <= maximum <= " + MOST_INSTANCES);
            }
        }

        /** With a fixed keep-alive and normal priority. */
        public Scaling(int minimum, int maximum, Duration keepAlive) {
            this(minimum, maximum, new KeepAlive(keepAlive, false), Priority.NORMAL);
        }
    }

    /**
     * Calls the function at fixed times through the asynchronous queue.
     *
     * @param schedule five-field Unix cron expression, in UTC
     * @param body request body
     */
    public record CronTrigger(String schedule, String body) {}
}
