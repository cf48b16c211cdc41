package dev.instar.engine.deploy;

import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.KeepAlive;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Labels and annotations that mean something to OpenFaaS's own autoscaler and cron connector. */
final class OpenFaasLabels {
    private static final String PREFIX = "com.openfaas.scale.";

    private OpenFaasLabels() {}

    /**
     * Instance counts and keep-alive from {@code com.openfaas.scale.min}, {@code .max}, {@code .zero} and
     * {@code .zero-duration}; {@link Scaling#DEFAULT} where they say nothing.
     *
     * @throws InvalidRequestException naming the label that cannot be read
     */
    static Scaling scaling(Map<String, String> labels) {
        Scaling defaults = Scaling.DEFAULT;
        @Nullable Integer least = count(labels, "min");
        @Nullable Integer most = count(labels, "max");
        int minimum = least == null ? defaults.minimum() : least;
        @Nullable String zero = labels.get(PREFIX + "zero");
        if ("true".equals(zero)) {
            minimum = 0;
        } else if ("false".equals(zero)) {
            minimum = Math.max(minimum, 1);
        } else if (zero != null) {
            throw new InvalidRequestException(
                    "label " + PREFIX + "zero: expected true or false, found \"" + zero + "\"");
        }
        @Nullable String idle = labels.get(PREFIX + "zero-duration");
        KeepAlive keepAlive = idle == null ? defaults.keepAlive() : SpecFields.keepAlive(idle);
        int maximum = most == null ? Math.max(minimum, defaults.maximum()) : most;
        return new Scaling(minimum, maximum, keepAlive, defaults.priority());
    }

    /** The trigger of annotations {@code topic: cron-function} and {@code schedule}. */
    static List<CronTrigger> triggers(Map<String, String> annotations) {
        @Nullable String schedule = annotations.get("schedule");
        return schedule != null && "cron-function".equals(annotations.get("topic"))
                ? List.of(new CronTrigger(schedule, ""))
                : List.of();
    }

    private static @Nullable Integer count(Map<String, String> labels, String name) {
        @Nullable String text = labels.get(PREFIX + name);
        if (text == null) {
            return null;
        }
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException _) {
            throw new InvalidRequestException(
                    "label " + PREFIX + name + ": expected a whole number, found \"" + text + "\"");
        }
    }
}
