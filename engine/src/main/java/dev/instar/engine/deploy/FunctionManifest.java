package dev.instar.engine.deploy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.InvalidRequestException;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A function's settings as its author wrote them, before its code has been uploaded.
 *
 * @param draft the spec, without the digests that are known only after the upload
 * @param layers further code: digests of what is stored already, or directories to upload, relative to the manifest
 */
public record FunctionManifest(FunctionSpec draft, List<String> layers) {
    /** The file's name in a function's folder. */
    public static final String FILE = "instar.yaml";

    public FunctionManifest {
        layers = List.copyOf(layers);
    }

    /**
     * Reads the manifest of a folder. A folder without one is a function of the folder's name with the default
     * settings.
     *
     * @throws InvalidRequestException naming field and line of what is wrong
     * @throws IOException if the file cannot be read
     */
    public static FunctionManifest read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.isDirectory(directory)) {
            throw new InvalidRequestException(directory + " is not a folder");
        }
        if (!Files.exists(file)) {
            return parse(FILE, new byte[0], directory);
        }
        try (InputStream in = Files.newInputStream(file)) {
            return parse(FILE, in.readNBytes(YamlDocument.MOST_BYTES + 1), directory);
        }
    }

    /**
     * Reads a manifest from memory.
     *
     * @param source what messages call it
     * @param directory the function's folder, from which runtime and name are taken where the manifest says nothing
     * @throws InvalidRequestException naming field and line of what is wrong
     */
    public static FunctionManifest parse(String source, byte[] yaml, Path directory) {
        try {
            return read(Fields.of(source, YamlDocument.parse(source, yaml)), directory);
        } catch (InvalidRequestException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(source) ? e : new InvalidRequestException(source + ": " + message);
        }
    }

    /**
     * The complete spec, once everything has been uploaded.
     *
     * @param code digest of the code, or empty for a program without files
     * @param layerDigests digests of {@link #layers}, in their order
     */
    public FunctionSpec spec(String code, List<String> layerDigests) {
        return SpecRules.requireComplete(new FunctionSpec(
                draft.name(),
                code,
                draft.runtime(),
                draft.convention(),
                draft.handler(),
                draft.command(),
                draft.environment(),
                draft.secrets(),
                draft.limits(),
                draft.timeout(),
                draft.concurrency(),
                draft.network(),
                draft.labels(),
                draft.annotations(),
                layerDigests,
                draft.init(),
                draft.warmUp(),
                draft.scaling(),
                draft.triggers(),
                draft.publicAccess(),
                draft.start()));
    }

    private static FunctionManifest read(Fields fields, Path directory) {
        List<String> command = fields.texts("command");
        RuntimeKind runtime = fields.parsed("runtime", word -> Words.parse(RuntimeKind.class, word))
                .orElseGet(() -> command.isEmpty() ? RuntimeRecognition.of(directory) : RuntimeKind.PROGRAM);
        HandlerConvention convention = fields.parsed("convention", word -> Words.parse(HandlerConvention.class, word))
                .orElse(HandlerConvention.AUTO);
        Map<String, String> labels = fields.scalars("labels");
        Map<String, String> annotations = fields.scalars("annotations");
        List<String> layers = fields.texts("layers");
        FunctionSpec draft = new FunctionSpec(
                name(fields, directory),
                "",
                runtime,
                SpecRules.conventionOf(runtime, convention),
                fields.text("handler").orElse(""),
                command,
                fields.scalars("env"),
                fields.texts("secrets"),
                SpecFields.limits(fields, "memory-high"),
                fields.parsed("timeout", TimeSpan::parse).orElse(SpecRules.DEFAULT_TIMEOUT),
                fields.integer("concurrency").orElse(1),
                fields.parsed("network", word -> Words.parse(NetworkMode.class, word))
                        .orElse(NetworkMode.NONE),
                labels,
                annotations,
                List.of(),
                fields.text("init").orElse(""),
                fields.texts("warm-up"),
                SpecFields.scaling(fields, "keep-alive", labels, annotations),
                SpecFields.triggers(fields, annotations),
                fields.flag("public").orElse(false),
                SpecFields.start(fields, annotations));
        fields.finish();
        return new FunctionManifest(SpecRules.require(draft), layers);
    }

    private static FunctionName name(Fields fields, Path directory) {
        String namespace = fields.text("namespace").orElse(FunctionName.DEFAULT_NAMESPACE);
        String name = fields.text("name").orElseGet(() -> {
            Path last = directory.toAbsolutePath().normalize().getFileName();
            return last == null ? "" : last.toString().toLowerCase(Locale.ROOT).replace('_', '-');
        });
        return new FunctionName(namespace, name);
    }
}
