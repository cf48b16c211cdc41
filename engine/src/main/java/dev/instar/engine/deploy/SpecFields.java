package dev.instar.engine.deploy;

import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.KeepAlive;
import dev.instar.engine.Priority;
import dev.instar.engine.StartPreference;
import dev.instar.sandbox.ResourceLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The nested fields that {@code instar.yaml}, {@code stack.yml} and deploy requests have in common. */
final class SpecFields {
    /** Says {@code start} where a file or client has OpenFaaS's fields only. */
    static final String START_ANNOTATION = "instar/start";
    /** Says {@code priority} there. */
    static final String PRIORITY_ANNOTATION = "instar/priority";

    private static final String BY_ARRIVALS = "histogram";

    private SpecFields() {}

    /**
     * {@code limits: {memory, memory-high, cpu, pids, tmp}}; {@link ResourceLimits#DEFAULT} where nothing is said.
     *
     * @param memoryHighName how the second is spelt there
     */
    static ResourceLimits limits(Fields parent, String memoryHighName) {
        Optional<Fields> given = parent.mapping("limits");
        if (given.isEmpty()) {
            return ResourceLimits.DEFAULT;
        }
        Fields fields = given.get();
        ResourceLimits defaults = ResourceLimits.DEFAULT;
        long memory = fields.parsed("memory", Quantity::bytes).orElse(defaults.memoryBytes());
        OptionalLong memoryHigh = fields.parsed(memoryHighName, Quantity::bytes).stream()
                .mapToLong(Long::longValue)
                .findFirst();
        int pids = fields.integer("pids").orElse(defaults.pids());
        int cpu = fields.parsed("cpu", Quantity::cpuMillis).orElse(defaults.cpuMillis());
        // A small function's /tmp must not promise more than its memory holds.
        long tmp = fields.parsed("tmp", Quantity::bytes).orElse(Math.min(defaults.tmpBytes(), memory / 4));
        fields.finish();
        try {
            return new ResourceLimits(memory, memoryHigh, pids, cpu, tmp);
        } catch (IllegalArgumentException e) {
            throw fields.error(String.valueOf(e.getMessage()));
        }
    }

    /** {@code scale: {min, max, keep-alive, priority}}; where nothing is said, labels and annotations. */
    static Scaling scaling(
            Fields parent, String keepAliveName, Map<String, String> labels, Map<String, String> annotations) {
        Scaling fromLabels = scaling(labels, annotations);
        Optional<Fields> given = parent.mapping("scale");
        if (given.isEmpty()) {
            return fromLabels;
        }
        Fields fields = given.get();
        int minimum = fields.integer("min").orElse(fromLabels.minimum());
        int maximum = fields.integer("max").orElse(Math.max(minimum, fromLabels.maximum()));
        var keepAlive = fields.parsed(keepAliveName, SpecFields::keepAlive).orElse(fromLabels.keepAlive());
        var priority = fields.parsed("priority", word -> Words.parse(Priority.class, word))
                .orElse(fromLabels.priority());
        fields.finish();
        try {
            return new Scaling(minimum, maximum, keepAlive, priority);
        } catch (InvalidRequestException e) {
            throw fields.error(String.valueOf(e.getMessage()));
        }
    }

    /** What OpenFaaS's labels say, and {@value #PRIORITY_ANNOTATION}. */
    static Scaling scaling(Map<String, String> labels, Map<String, String> annotations) {
        Scaling scaling = OpenFaasLabels.scaling(labels);
        return new Scaling(
                scaling.minimum(),
                scaling.maximum(),
                scaling.keepAlive(),
                annotated(PRIORITY_ANNOTATION, Priority.class, Priority.NORMAL, annotations));
    }

    /** A duration, or {@value #BY_ARRIVALS}. */
    static KeepAlive keepAlive(String text) {
        return text.equals(BY_ARRIVALS) ? KeepAlive.BY_ARRIVALS : new KeepAlive(TimeSpan.parse(text), false);
    }

    /** What {@link #keepAlive(String)} reads. */
    static String keepAlive(KeepAlive keepAlive) {
        return keepAlive.byArrivals() ? BY_ARRIVALS : TimeSpan.format(keepAlive.time());
    }

    /** {@code start: template|cold}; where nothing is said, the annotation. */
    static StartPreference start(Fields parent, Map<String, String> annotations) {
        return parent.parsed("start", word -> Words.parse(StartPreference.class, word))
                .orElseGet(() -> start(annotations));
    }

    /**
     * {@value #START_ANNOTATION}; {@link StartPreference#TEMPLATE} where it is absent.
     *
     * @throws InvalidRequestException if it cannot be read
     */
    static StartPreference start(Map<String, String> annotations) {
        return annotated(START_ANNOTATION, StartPreference.class, StartPreference.TEMPLATE, annotations);
    }

    private static <E extends Enum<E>> E annotated(
            String annotation, Class<E> type, E otherwise, Map<String, String> annotations) {
        @Nullable String word = annotations.get(annotation);
        if (word == null) {
            return otherwise;
        }
        try {
            return Words.parse(type, word);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException("annotation " + annotation + ": " + e.getMessage());
        }
    }

    /** {@code triggers: [{cron, body}]}; where the field is absent, OpenFaaS's annotations. */
    static List<CronTrigger> triggers(Fields parent, Map<String, String> annotations) {
        if (!parent.has("triggers")) {
            return OpenFaasLabels.triggers(annotations);
        }
        List<CronTrigger> triggers = new ArrayList<>();
        for (Fields fields : parent.mappings("triggers")) {
            String schedule = fields.parsed("cron", text -> {
                        CronSchedule.parse(text);
                        return text;
                    })
                    .orElseThrow(() -> fields.error("cron: the schedule is missing"));
            triggers.add(new CronTrigger(schedule, fields.text("body").orElse("")));
            fields.finish();
        }
        return triggers;
    }
}
