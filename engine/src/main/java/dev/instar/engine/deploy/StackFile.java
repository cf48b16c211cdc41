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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * OpenFaaS's {@code stack.yml}, as it is.
 *
 * @param gateway the gateway it names, if any
 * @param functions in the order of the file
 */
public record StackFile(Optional<String> gateway, List<Entry> functions) {
    public StackFile {
        functions = List.copyOf(functions);
    }

    /**
     * One function of the file.
     *
     * @param directory the handler's folder; absent for a program of the machine and for code that is stored already
     * @param manifest its settings; the draft names the code if that is stored already
     * @param warnings what the file asks for that has no effect here, for the user to see
     */
    public record Entry(Optional<Path> directory, FunctionManifest manifest, List<String> warnings) {
        public Entry {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Reads a stack file and the environment files it names.
     *
     * @param variables values for <code>${NAME}</code>, null where unset; usually {@code System::getenv}
     * @throws InvalidRequestException naming field and line of what is wrong
     * @throws IOException if a file cannot be read
     */
    public static StackFile read(Path file, Function<String, @Nullable String> variables) throws IOException {
        String source = String.valueOf(file.getFileName());
        Fields fields = fields(source, file, variables);
        fields.ignore("version", "configuration");
        Optional<String> gateway = Optional.empty();
        Optional<Fields> provider = fields.mapping("provider");
        if (provider.isPresent()) {
            provider.get().ignore("name", "network");
            gateway = provider.get().text("gateway");
            provider.get().finish();
        }
        Fields functions =
                fields.mapping("functions").orElseThrow(() -> fields.error("functions: the file names no functions"));
        fields.finish();
        Path base = file.toAbsolutePath().getParent();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, Fields> function : functions.children().entrySet()) {
            entries.add(
                    new Reader(base == null ? file : base, variables, function.getValue()).entry(function.getKey()));
        }
        return new StackFile(gateway, entries);
    }

    private static Fields fields(String source, Path file, Function<String, @Nullable String> variables)
            throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            String text = YamlDocument.decode(source, in.readNBytes(YamlDocument.MOST_BYTES + 1));
            return Fields.of(source, YamlDocument.parse(source, Substitution.apply(source, text, variables)));
        }
    }

    /** Reads one function. */
    private record Reader(Path base, Function<String, @Nullable String> variables, Fields fields) {
        Entry entry(String name) throws IOException {
            fields.ignore("requests", "readonly_root_filesystem", "skip_build", "platforms", "publish");
            List<String> warnings = new ArrayList<>();
            for (String ineffective : List.of("constraints", "build_args", "build_options", "build_secrets")) {
                if (fields.has(ineffective)) {
                    warnings.add(name + ": " + ineffective + " has no effect: nothing is placed or built here");
                }
            }
            try {
                FunctionSpec draft = draft(name);
                Optional<Path> directory =
                        fields.text("handler").map(base::resolve).map(Path::normalize);
                fields.finish();
                return new Entry(directory, new FunctionManifest(SpecRules.require(draft), List.of()), warnings);
            } catch (InvalidRequestException e) {
                String message = String.valueOf(e.getMessage());
                throw message.contains(", line ") ? e : fields.error(message);
            }
        }

        private FunctionSpec draft(String name) throws IOException {
            List<String> command = fields.text("fprocess")
                    .map(text -> List.of(text.strip().split("\\s+")))
                    .orElse(List.of());
            OpenFaasLanguage language = language(command);
            Map<String, String> labels = fields.scalars("labels");
            Map<String, String> annotations = fields.scalars("annotations");
            return new FunctionSpec(
                    new FunctionName(
                            fields.text("namespace")
                                    .filter(text -> !text.isEmpty())
                                    .orElse(FunctionName.DEFAULT_NAMESPACE),
                            name),
                    storedCode(),
                    language.runtime(),
                    language.convention(),
                    "",
                    // A template's own fprocess starts its language; here the runtime's shim does.
                    language.runtime() == RuntimeKind.PROGRAM ? command : List.of(),
                    environment(),
                    fields.texts("secrets"),
                    SpecFields.limits(fields, "memory-high"),
                    SpecRules.DEFAULT_TIMEOUT,
                    1,
                    NetworkMode.NONE,
                    labels,
                    annotations,
                    List.of(),
                    "",
                    List.of(),
                    SpecFields.scaling(labels, annotations),
                    OpenFaasLabels.triggers(annotations),
                    false,
                    SpecFields.start(annotations));
        }

        private OpenFaasLanguage language(List<String> command) {
            Optional<OpenFaasLanguage> named = fields.parsed("lang", OpenFaasLanguage::of);
            if (named.isPresent()) {
                return named.get();
            }
            if (command.isEmpty()) {
                throw fields.error(
                        "lang: say which template the handler is written for, or name a program in fprocess");
            }
            return new OpenFaasLanguage(RuntimeKind.PROGRAM, HandlerConvention.WATCHDOG);
        }

        /**
         * An image matters only where no folder is given: then it must be the digest of code that is stored already.
         */
        private String storedCode() {
            String image = fields.text("image").orElse("");
            String digest = image.substring(image.indexOf('@') + 1);
            if (fields.has("handler") || !Digest.isDigest(digest)) {
                return "";
            }
            return digest;
        }

        private Map<String, String> environment() throws IOException {
            Map<String, String> environment = new LinkedHashMap<>();
            for (String name : fields.texts("environment_file")) {
                Fields file = StackFile.fields(name, base.resolve(name), variables);
                environment.putAll(file.scalars("environment"));
                file.finish();
            }
            environment.putAll(fields.scalars("environment"));
            return environment;
        }
    }
}
