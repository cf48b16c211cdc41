package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import dev.instar.cli.Progress;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.cli.client.Credentials;
import dev.instar.cli.client.DeployedFunction;
import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.demo.NodeProcess;
import dev.instar.cli.deploy.FunctionDeployer;
import dev.instar.cli.deploy.FunctionDeployer.Naming;
import dev.instar.cli.deploy.Sources;
import dev.instar.cli.install.DependencyInstaller;
import dev.instar.cli.install.PackageTools;
import dev.instar.engine.SandboxReuse;
import dev.instar.engine.StartPreference;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The node that is measured: one of our own for the time of the benchmark, or one that runs already. */
public final class BenchNode implements AutoCloseable {
    private static final Duration CALL_PATIENCE = Duration.ofSeconds(60);
    /** Of functions whose calls are held, or made many at a time: the whole of it may take minutes. */
    private static final Duration LONG_CALL = Duration.ofMinutes(30);

    private static final Pattern INSTANCE_END =
            Pattern.compile("instar_instance_ends_total\\{reason=\"([\\w-]+)\"} ([0-9.E]+)");

    private final @Nullable NodeProcess own;
    private final @Nullable TemporaryDirectory configuration;
    private final GatewayClient client;
    private final URI gateway;
    private final Credentials credentials;

    private BenchNode(
            @Nullable NodeProcess own,
            @Nullable TemporaryDirectory configuration,
            GatewayClient client,
            URI gateway,
            Credentials credentials) {
        this.own = own;
        this.configuration = configuration;
        this.client = client;
        this.gateway = gateway;
        this.credentials = credentials;
    }

    /** Starts a node with a temporary data directory. */
    public static BenchNode start(Progress progress, BenchNodeSettings settings) {
        TemporaryDirectory configuration = TemporaryDirectory.create("instar-bench-");
        try {
            Path file = configuration.path().resolve("instar.yaml");
            Files.writeString(file, settings.yaml());
            NodeProcess node =
                    progress.step("starting a node", () -> NodeProcess.start(List.of("--config", file.toString())));
            return own(node, configuration);
        } catch (IOException e) {
            configuration.close();
            throw CommandException.failed("the node's configuration cannot be written: " + e.getMessage());
        } catch (RuntimeException e) {
            configuration.close();
            throw e;
        }
    }

    private static BenchNode own(NodeProcess node, TemporaryDirectory configuration) {
        return new BenchNode(
                node,
                configuration,
                new GatewayClient(node.gateway(), node.credentials(), Optional.empty()),
                node.gateway(),
                node.credentials());
    }

    /** Uses a node that runs; the functions are deployed there already. */
    public static BenchNode at(URI gateway, Credentials credentials, GatewayClient client) {
        if (!"http".equals(gateway.getScheme())) {
            throw CommandException.badInput("the load generator speaks plain HTTP, not " + gateway.getScheme());
        }
        return new BenchNode(null, null, client, gateway, credentials);
    }

    /**
     * Deploys functions, on a node of our own only: what runs on another one is not ours to replace.
     *
     * @param folder holds a folder for each function
     */
    public void deploy(Progress progress, Path folder, List<String> functions) {
        if (own == null) {
            return;
        }
        FunctionDeployer deployer = new FunctionDeployer(
                client,
                progress,
                new Sources(progress, Optional.of(new DependencyInstaller(PackageTools.ofMachine()))));
        for (String function : functions) {
            if (!Files.isDirectory(folder.resolve(function))) {
                throw CommandException.badInput("there is no function " + folder.resolve(function)
                        + "; name the folder that holds it with --functions");
            }
            deployer.deploySource(folder.resolve(function), Naming.OF_MANIFEST);
        }
    }

    /**
     * Deploys a function under another name, to be started in a given way; on a node of our own only.
     *
     * @return the name
     */
    public String deployVariant(Progress progress, Path folder, String function, StartPreference start) {
        String name = function + "-" + start.name().toLowerCase(Locale.ROOT);
        return deployAs(
                progress,
                folder,
                function,
                new Naming(
                        Optional.empty(), Optional.of(name), Optional.of(start), Optional.empty(), Optional.empty()));
    }

    /**
     * Deploys a function under another name, to have many instances and to be called for long; on a node of our own
     * only.
     *
     * @return the name
     */
    public String deployCrowd(Progress progress, Path folder, String function, int instances) {
        return deployMany(progress, folder, function, function + "-crowd", StartPreference.TEMPLATE, instances);
    }

    /**
     * Deploys a function under another name, to be started in a given way, to have many instances and to be called for
     * long; on a node of our own only.
     *
     * @return the name
     */
    String deployMany(
            Progress progress, Path folder, String function, String name, StartPreference start, int instances) {
        return deployAs(
                progress,
                folder,
                function,
                new Naming(
                        Optional.empty(),
                        Optional.of(name),
                        Optional.of(start),
                        Optional.of(instances),
                        Optional.of(LONG_CALL)));
    }

    /**
     * Deploys a function in a namespace; on a node of our own only.
     *
     * @return its address
     */
    String deployIn(String namespace, Progress progress, Path folder, String function, StartPreference start) {
        String name = deployAs(
                progress,
                folder,
                function,
                new Naming(
                        Optional.of(namespace),
                        Optional.of(function),
                        Optional.of(start),
                        Optional.empty(),
                        Optional.empty()));
        return name + "." + namespace;
    }

    private String deployAs(Progress progress, Path folder, String function, Naming naming) {
        if (own != null) {
            new FunctionDeployer(
                            client,
                            progress,
                            new Sources(progress, Optional.of(new DependencyInstaller(PackageTools.ofMachine()))))
                    .deploySource(folder.resolve(function), naming);
        }
        return naming.name().orElse(function);
    }

    /** Makes a namespace with a bound on its instances; on a node of our own only. */
    void createNamespace(String name, int instances) {
        client.send(
                "POST",
                "/system/namespace",
                Map.of(),
                Json.tree(Map.of("name", name, "quota", Map.of("instances", instances))));
    }

    /**
     * Waits until a function starts from its template.
     *
     * @throws CommandException saying why it does not
     */
    public void awaitTemplate(String function) {
        new DeployedFunction(client, function).awaitTemplate();
    }

    /** Waits until it is settled whether a function starts from a template, and says why it does not. */
    Optional<String> templateRefusal(String function) {
        return new DeployedFunction(client, function).templateRefusal();
    }

    /**
     * An answer of a function.
     *
     * @param status of HTTP
     * @param start how its instance came to be; empty if there was none
     * @param body all of it
     */
    record Answer(int status, String start, String body) {}

    /** Calls a function. */
    Answer call(String function, String body) {
        HttpResponse<InputStream> response = client.call(
                "POST",
                "/function/" + function,
                Map.of("Content-Type", "text/plain"),
                HttpRequest.BodyPublishers.ofString(body),
                CALL_PATIENCE);
        try (InputStream in = response.body()) {
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("X-Instar-Start").orElse(""),
                    new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandException(
                    ExitStatus.FAILED, "a reply of " + function + " broke off: " + e.getMessage(), e);
        }
    }

    /** How often instances ended, by reason, since the node's start. */
    Map<String, Integer> instanceEnds() {
        Map<String, Integer> ends = new TreeMap<>();
        client.lines("/metrics", Map.of(), line -> {
            Matcher end = INSTANCE_END.matcher(line);
            if (end.matches()) {
                ends.put(end.group(1), (int) Double.parseDouble(end.group(2)));
            }
        });
        return ends;
    }

    /** What became of sandboxes after their use. */
    SandboxReuse sandboxReuse() {
        JsonNode reuse = client.get("/system/status", Map.of()).path("sandboxReuse");
        Map<String, Long> destroyed = new TreeMap<>();
        reuse.path("destroyed").forEachEntry((reason, count) -> destroyed.put(reason, count.asLong()));
        return new SandboxReuse(
                reuse.path("repurposed").asLong(),
                reuse.path("networksReplaced").asLong(),
                destroyed,
                reuse.path("cleaningSeconds").asDouble());
    }

    /** Prepared sandboxes. */
    int readySandboxes() {
        return client.get("/system/status", Map.of()).path("sandboxesReady").asInt(0);
    }

    /** What of the machine is the node's; for one of our own only. */
    NodeCensus census() {
        if (own == null) {
            throw CommandException.badInput("what a node holds can be counted only if it is one of our own");
        }
        return NodeCensus.take(own.process(), own.data());
    }

    /** What a node of our own has logged above level info; of another nothing is known. */
    List<String> complaints() {
        return own == null ? List.of() : own.complaints();
    }

    /** Removes a function of our own node. */
    void remove(String function) {
        client.send(
                "DELETE",
                "/system/functions",
                Map.of(),
                Json.object().put("functionName", function).put("namespace", "default"));
    }

    /** Memory that all instances of the node are charged now. */
    long chargedBytes() {
        return client.get("/system/status", Map.of()).path("memoryBytes").asLong(0);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(gateway.getHost(), gateway.getPort());
    }

    /** The {@code Authorization} header of its callers. */
    public String authorization() {
        return credentials.authorization();
    }

    /** Ends a function's instances and waits until they are gone, so that the next call must start one. */
    public void scaleToZero(String function) {
        new DeployedFunction(client, function).scaleToZero();
    }

    /** The function, as the node has it. */
    public DeployedFunction function(String name) {
        return new DeployedFunction(client, name);
    }

    /**
     * The node's process.
     *
     * @throws CommandException if the node is not one of our own
     */
    public ProcessHandle process() {
        if (own == null) {
            throw CommandException.badInput("the memory of a node can be measured only if it is one of our own");
        }
        return own.process();
    }

    /** Memory of the function's instances now, on average. */
    public BenchResult.Memory memory(String function) {
        DeployedFunction deployed = new DeployedFunction(client, function);
        int instances = Math.max(1, deployed.instances());
        return new BenchResult.Memory(
                deployed.privateBytes() / 1024 / instances, deployed.sharedBytes() / 1024 / instances);
    }

    @Override
    public void close() {
        client.close();
        if (own != null) {
            own.close();
        }
        if (configuration != null) {
            configuration.close();
        }
    }
}
