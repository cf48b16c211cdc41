package dev.instar.engine.deploy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InvalidRequestException;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The JSON of a deploy request: OpenFaaS's body, extended by this product's own fields. The same form, complete and
 * with sorted keys, is what a node stores and what a version's digest is taken over. The fields are those of
 * docs/configuration.md.
 */
public final class DeployRequest {
    private static final String SOURCE = "deploy request";
    private static final int MAX_BYTES = 1 << 20;

    private DeployRequest() {}

    /**
     * Reads a request.
     *
     * @param recognise tells the runtime of a code digest where the request names neither runtime nor command; see
     *     {@link RuntimeRecognition}
     * @throws InvalidRequestException naming the field that is wrong or unknown
     */
    public static FunctionSpec parse(byte[] json, Function<String, RuntimeKind> recognise) {
        if (json.length > MAX_BYTES) {
            throw new InvalidRequestException(SOURCE + ": larger than 1 MiB");
        }
        return SpecRules.requireComplete(read(json, recognise));
    }

    /** Reads the canonical form back. Rules that came after it was written do not apply. */
    public static FunctionSpec stored(byte[] json) {
        return read(json, code -> {
            throw new InvalidRequestException(SOURCE + ": no runtime is named for " + code);
        });
    }

    private static FunctionSpec read(byte[] json, Function<String, RuntimeKind> recognise) {
        Fields fields = Fields.of(SOURCE, JsonDocument.parse(SOURCE, json));
        fields.ignore("constraints", "requests", "readOnlyRootFilesystem", "debug");
        String service =
                fields.text("service").orElseThrow(() -> fields.error("service: the function's name is missing"));
        Optional<String> namespace = fields.text("namespace").filter(text -> !text.isEmpty());
        FunctionName name =
                namespace.map(given -> new FunctionName(given, service)).orElseGet(() -> FunctionName.parse(service));
        String code = codeDigest(fields.text("image").orElse(""));
        List<String> command = command(fields);
        RuntimeKind runtime = fields.parsed("runtime", word -> Words.parse(RuntimeKind.class, word))
                .orElseGet(() -> !command.isEmpty() || code.isEmpty() ? RuntimeKind.PROGRAM : recognise.apply(code));
        FunctionSpec spec = spec(fields, name, code, runtime, command);
        fields.finish();
        return spec;
    }

    /**
     * The complete form with sorted keys: equal specs give equal bytes, and {@link #parse} gives the spec back. What
     * came after the first release appears only where its absence would not say the same, so that the digests of
     * earlier versions stay.
     */
    public static byte[] canonical(FunctionSpec spec) {
        Map<String, Object> fields = fields(spec);
        if (spec.start() == SpecFields.start(spec.annotations())) {
            fields.remove("start");
        }
        Scaling said = SpecFields.scaling(spec.labels(), spec.annotations());
        if (spec.scaling().priority() == said.priority()) {
            Map<String, Object> scale = scaling(spec.scaling());
            scale.remove("priority");
            fields.put("scale", scale);
        }
        return JsonDocument.write(fields);
    }

    /** {@code sha256:…} over the canonical form. */
    public static String digest(FunctionSpec spec) {
        return Digest.of(canonical(spec));
    }

    /** The fields of the canonical form, for an answer that shows more than them. */
    public static Map<String, Object> fields(FunctionSpec spec) {
        Map<String, Object> fields = new TreeMap<>();
        fields.put("service", spec.name().name());
        fields.put("namespace", spec.name().namespace());
        fields.put("image", spec.code());
        fields.put("runtime", Words.of(spec.runtime()));
        fields.put("convention", Words.of(spec.convention()));
        fields.put("handler", spec.handler());
        fields.put("command", spec.command());
        fields.put("envVars", new TreeMap<>(spec.environment()));
        fields.put("secrets", spec.secrets());
        fields.put("limits", limits(spec.limits()));
        fields.put("timeout", TimeSpan.format(spec.timeout()));
        fields.put("concurrency", spec.concurrency());
        fields.put("network", Words.of(spec.network()));
        fields.put("labels", new TreeMap<>(spec.labels()));
        fields.put("annotations", new TreeMap<>(spec.annotations()));
        fields.put("layers", spec.layers());
        fields.put("init", spec.init());
        fields.put("warmUp", spec.warmUp());
        fields.put("scale", scaling(spec.scaling()));
        fields.put("triggers", triggers(spec.triggers()));
        fields.put("public", spec.publicAccess());
        fields.put("start", Words.of(spec.start()));
        return fields;
    }

    private static FunctionSpec spec(
            Fields fields, FunctionName name, String code, RuntimeKind runtime, List<String> command) {
        HandlerConvention convention = fields.parsed("convention", word -> Words.parse(HandlerConvention.class, word))
                .orElse(HandlerConvention.AUTO);
        Map<String, String> labels = fields.scalars("labels");
        Map<String, String> annotations = fields.scalars("annotations");
        return new FunctionSpec(
                name,
                code,
                runtime,
                SpecRules.conventionOf(runtime, convention),
                fields.text("handler").orElse(""),
                command,
                fields.scalars("envVars"),
                fields.texts("secrets"),
                SpecFields.limits(fields, "memoryHigh"),
                fields.parsed("timeout", TimeSpan::parse).orElse(SpecRules.DEFAULT_TIMEOUT),
                fields.integer("concurrency").orElse(1),
                fields.parsed("network", word -> Words.parse(NetworkMode.class, word))
                        .orElse(NetworkMode.NONE),
                labels,
                annotations,
                fields.texts("layers"),
                fields.text("init").orElse(""),
                fields.texts("warmUp"),
                SpecFields.scaling(fields, "keepAlive", labels, annotations),
                SpecFields.triggers(fields, annotations),
                fields.flag("public").orElse(false),
                SpecFields.start(fields, annotations));
    }

    /** {@code NAME@sha256:…}, as a registry would have it, means the digest. */
    private static String codeDigest(String image) {
        String digest = image.substring(image.indexOf('@') + 1);
        if (!digest.isEmpty() && !Digest.isDigest(digest)) {
            throw new InvalidRequestException(SOURCE + ": image: expected the digest of uploaded code, sha256: and 64 "
                    + "hexadecimal digits, found \"" + image + "\"; container images are not run: deploy the "
                    + "function's folder with instar deploy");
        }
        return digest;
    }

    private static List<String> command(Fields fields) {
        List<String> command = fields.texts("command");
        String process = fields.text("envProcess").orElse("").strip();
        if (process.isEmpty() || String.join(" ", command).equals(process)) {
            return command;
        }
        if (!command.isEmpty()) {
            throw fields.error("envProcess", "contradicts command; give one of them");
        }
        return List.of(process.split("\\s+"));
    }

    private static Map<String, Object> limits(ResourceLimits limits) {
        Map<String, Object> fields = new TreeMap<>();
        fields.put("memory", Quantity.ofBytes(limits.memoryBytes()));
        limits.memoryHighBytes().ifPresent(bytes -> fields.put("memoryHigh", Quantity.ofBytes(bytes)));
        fields.put("cpu", Quantity.ofCpuMillis(limits.cpuMillis()));
        fields.put("pids", limits.pids());
        fields.put("tmp", Quantity.ofBytes(limits.tmpBytes()));
        return fields;
    }

    private static Map<String, Object> scaling(Scaling scaling) {
        Map<String, Object> fields = new TreeMap<>();
        fields.put("min", scaling.minimum());
        fields.put("max", scaling.maximum());
        fields.put("keepAlive", SpecFields.keepAlive(scaling.keepAlive()));
        fields.put("priority", Words.of(scaling.priority()));
        return fields;
    }

    private static List<Map<String, Object>> triggers(List<CronTrigger> triggers) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (CronTrigger trigger : triggers) {
            list.add(new TreeMap<>(Map.of("cron", trigger.schedule(), "body", trigger.body())));
        }
        return list;
    }
}
