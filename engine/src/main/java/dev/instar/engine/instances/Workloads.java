package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.RuntimeCommand;
import dev.instar.runtime.ShimSettings;
import dev.instar.sandbox.Workload;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Puts a function version into the words of a sandbox and of a shim. Thread-safe. */
public final class Workloads {
    private final Function<String, Path> codeDirectory;
    private final Path emptyDirectory;
    private final SecretValues secrets;
    private final RuntimeCommand.Places places;

    /**
     * @param codeDirectory the directory of a code tree by its digest
     * @param emptyDirectory appears as the code of a function without files
     * @param places where things are inside a sandbox
     */
    public Workloads(
            Function<String, Path> codeDirectory,
            Path emptyDirectory,
            SecretValues secrets,
            RuntimeCommand.Places places) {
        this.codeDirectory = codeDirectory;
        this.emptyDirectory = emptyDirectory;
        this.secrets = secrets;
        this.places = places;
    }

    /** Reads the secrets that an instance is given. */
    public interface SecretValues {
        /** The values of secrets by their names, as they are now. */
        Map<String, byte[]> values(String namespace, List<String> names);
    }

    /**
     * What is executed for an instance of the version. Where a version is to start from a template, its instances that
     * start cold have the template's command line, so that a function cannot tell from it how it was started.
     */
    Workload of(FunctionVersion version) {
        FunctionSpec spec = version.spec();
        if (spec.start() != StartPreference.COLD) {
            return forTemplate(version);
        }
        return with(
                version,
                RuntimeCommand.of(
                        spec.runtime(),
                        places,
                        spec.layers().size(),
                        spec.limits().cpuMillis(),
                        spec.environment()));
    }

    /** What is executed for a process of the version that is to become a template, and what its clones run as. */
    public Workload forTemplate(FunctionVersion version) {
        return with(version, templateCommand(version.spec()));
    }

    /** Every variable of an instance of the version that comes from a template. */
    Map<String, String> environment(FunctionVersion version) {
        return templateCommand(version.spec()).environment();
    }

    private RuntimeCommand templateCommand(FunctionSpec spec) {
        return RuntimeCommand.forTemplate(
                spec.runtime(), places, spec.layers().size(), spec.limits().cpuMillis(), spec.environment());
    }

    private Workload with(FunctionVersion version, RuntimeCommand command) {
        FunctionSpec spec = version.spec();
        List<Path> layers = spec.layers().stream().map(codeDirectory).toList();
        return new Workload(
                command.argv(),
                command.environment(),
                spec.code().isEmpty() ? emptyDirectory : codeDirectory.apply(spec.code()),
                layers,
                secrets.values(spec.name().namespace(), spec.secrets()),
                spec.limits(),
                spec.network(),
                spec.concurrency());
    }

    /** What the shim of an instance of the version is told. */
    static ShimSettings settings(String instance, FunctionVersion version) {
        FunctionSpec spec = version.spec();
        FunctionName name = spec.name();
        return new ShimSettings(
                name.name(),
                name.namespace(),
                Integer.toString(version.number()),
                instance,
                spec.handler(),
                spec.convention(),
                spec.init(),
                spec.concurrency(),
                spec.limits().memoryBytes() >> 20,
                spec.timeout().toMillis(),
                spec.command(),
                spec.warmUp());
    }
}
