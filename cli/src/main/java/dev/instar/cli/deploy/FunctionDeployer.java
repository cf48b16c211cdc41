package dev.instar.cli.deploy;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import dev.instar.cli.NotFoundOnNode;
import dev.instar.cli.Progress;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.cli.client.GatewayClient;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.StartPreference;
import dev.instar.engine.deploy.DeployRequest;
import dev.instar.engine.deploy.FunctionManifest;
import dev.instar.engine.deploy.SourceArchive;
import dev.instar.engine.deploy.TimeSpan;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Deploys a function: packs and uploads its code and layers, then asks the node to make it current. */
public final class FunctionDeployer {
    private static final Duration READY_PATIENCE = Duration.ofSeconds(60);
    private static final Duration READY_POLL = Duration.ofMillis(50);

    private final GatewayClient client;
    private final Progress progress;
    private final Sources sources;
    private final Map<String, ObjectNode> deployed = new HashMap<>();

    public FunctionDeployer(GatewayClient client, Progress progress, Sources sources) {
        this.client = client;
        this.progress = progress;
        this.sources = sources;
    }

    /**
     * What a command line says about a deployment.
     *
     * @param namespace in place of the manifest's; empty to leave it
     * @param name in place of the manifest's; empty to leave it
     * @param start in place of the manifest's; empty to leave it
     * @param most instances at the most, in place of the manifest's; empty to leave it
     * @param timeout of a call, in place of the manifest's; empty to leave it
     */
    public record Naming(
            Optional<String> namespace,
            Optional<String> name,
            Optional<StartPreference> start,
            Optional<Integer> most,
            Optional<Duration> timeout) {
        /** Everything as the manifest says. */
        public static final Naming OF_MANIFEST =
                new Naming(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * Deploys a folder, or an archive of one.
     *
     * @return the version that is current now, as the node describes it
     * @throws CommandException if it cannot be deployed
     */
    public JsonNode deploySource(Path source, Naming naming) {
        try (Sources.Folder folder = sources.open(source)) {
            FunctionManifest manifest = FunctionManifest.read(folder.path());
            return deploy(manifest, Optional.of(folder), naming);
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    /**
     * Deploys a function whose settings are known.
     *
     * @param directory its code, if it has any that is not stored on the node already
     */
    public JsonNode deployManifest(FunctionManifest manifest, Optional<Path> directory, Naming naming) {
        try {
            if (directory.isEmpty()) {
                return deploy(manifest, Optional.empty(), naming);
            }
            try (Sources.Folder folder = sources.open(directory.get())) {
                return deploy(manifest, Optional.of(folder), naming);
            }
        } catch (IOException e) {
            throw unreadable(directory.orElse(Path.of(".")), e);
        }
    }

    private JsonNode deploy(FunctionManifest manifest, Optional<Sources.Folder> folder, Naming naming)
            throws IOException {
        String namespace = naming.namespace().orElse(manifest.draft().name().namespace());
        String name = naming.name().orElse(manifest.draft().name().name());
        String code = manifest.draft().code();
        List<String> layers = new ArrayList<>();
        if (folder.isPresent()) {
            code = upload(namespace, name, folder.get().path());
            for (String layer : manifest.layers()) {
                layers.add(layer.startsWith("sha256:") ? layer : layer(namespace, folder.get(), layer));
            }
        }
        FunctionSpec spec = manifest.spec(code, layers);
        ObjectNode body = (ObjectNode) Json.tree(DeployRequest.fields(spec));
        body.put("namespace", namespace).put("service", name);
        naming.start().ifPresent(start -> body.put("start", start.name().toLowerCase(Locale.ROOT)));
        naming.most().ifPresent(most -> ((ObjectNode) body.get("scale")).put("max", most));
        naming.timeout().ifPresent(timeout -> body.put("timeout", TimeSpan.format(timeout)));
        deployed.put(name, body);
        JsonNode version = progress.step("deploying " + name + "." + namespace, () -> put(body));
        awaitReady(namespace, name, spec.scaling().minimum());
        return version;
    }

    /**
     * Deploys a function that this object has deployed once more, to be started in another way; its code is there.
     *
     * @throws IllegalArgumentException if it has not deployed one of that name
     */
    public void changeStart(String name, StartPreference start) {
        ObjectNode body = deployed.get(name);
        if (body == null) {
            throw new IllegalArgumentException(name + " was not deployed here");
        }
        put(body.put("start", start.name().toLowerCase(Locale.ROOT)));
    }

    private String layer(String namespace, Sources.Folder folder, String layer) throws IOException {
        Path directory = folder.origin().resolve(layer).normalize();
        if (!Files.isDirectory(directory)) {
            throw CommandException.badInput("layers: there is no folder " + directory);
        }
        return upload(namespace, "layer " + layer, directory);
    }

    private String upload(String namespace, String what, Path directory) throws IOException {
        try (TemporaryDirectory temporary = TemporaryDirectory.create("instar-upload-")) {
            Path archive = temporary.path().resolve("code.tar.gz");
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive))) {
                SourceArchive.pack(directory, out, _ -> {});
            }
            long kib = Math.max(1, Files.size(archive) / 1024);
            Map<String, String> query = Map.of("namespace", namespace, "format", "tar.gz");
            return progress.step(
                            "uploading " + what + " (" + kib + " KiB)",
                            () -> client.upload("/system/code", query, archive))
                    .path("digest")
                    .asString("");
        }
    }

    /** Changes the function if it is there, and makes it otherwise, as OpenFaaS clients do. */
    private JsonNode put(ObjectNode body) {
        try {
            return client.send("PUT", "/system/functions", Map.of(), body);
        } catch (NotFoundOnNode _) {
            return client.send("POST", "/system/functions", Map.of(), body);
        }
    }

    /** A function that keeps instances alive is ready when they are; any other is ready at once. */
    private void awaitReady(String namespace, String name, int minimum) {
        if (minimum == 0) {
            return;
        }
        long deadline = System.nanoTime() + READY_PATIENCE.toNanos();
        progress.step("waiting for " + minimum + " instances", () -> {
            while (replicas(namespace, name) < minimum) {
                if (System.nanoTime() > deadline) {
                    throw CommandException.failed(name + " was deployed, but " + minimum
                            + " instances were not up in " + READY_PATIENCE.toSeconds()
                            + " s: `instar logs " + name + "` may say why");
                }
                LockSupport.parkNanos(READY_POLL.toNanos());
            }
        });
    }

    private int replicas(String namespace, String name) {
        return client.get("/system/function/" + name, Map.of("namespace", namespace))
                .path("availableReplicas")
                .asInt(0);
    }

    private static CommandException unreadable(Path source, IOException e) {
        return new CommandException(ExitStatus.BAD_INPUT, "cannot read " + source + ": " + e, e);
    }
}
