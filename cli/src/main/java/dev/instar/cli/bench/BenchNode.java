package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.cli.CommandException;
import dev.instar.cli.Json;
import dev.instar.cli.Progress;
import dev.instar.cli.client.Credentials;
import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.demo.NodeProcess;
import dev.instar.cli.deploy.FunctionDeployer;
import dev.instar.cli.deploy.Sources;
import dev.instar.cli.install.DependencyInstaller;
import dev.instar.cli.install.PackageTools;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The node that is measured: one of our own for the time of the benchmark, or one that runs already. */
public final class BenchNode implements AutoCloseable {
    private static final Duration END_PATIENCE = Duration.ofSeconds(15);
    private static final Duration END_POLL = Duration.ofMillis(2);
    private static final Map<String, String> NAMESPACE = Map.of("namespace", "default");

    private final @Nullable NodeProcess own;
    private final GatewayClient client;
    private final URI gateway;
    private final Credentials credentials;

    private BenchNode(@Nullable NodeProcess own, GatewayClient client, URI gateway, Credentials credentials) {
        this.own = own;
        this.client = client;
        this.gateway = gateway;
        this.credentials = credentials;
    }

    /** Starts a node with a temporary data directory. */
    public static BenchNode start(Progress progress) {
        NodeProcess node = progress.step("starting a node", NodeProcess::start);
        return new BenchNode(
                node,
                new GatewayClient(node.gateway(), node.credentials(), Optional.empty()),
                node.gateway(),
                node.credentials());
    }

    /** Uses a node that runs; the functions are deployed there already. */
    public static BenchNode at(URI gateway, Credentials credentials, GatewayClient client) {
        if (!"http".equals(gateway.getScheme())) {
            throw CommandException.badInput("the load generator speaks plain HTTP, not " + gateway.getScheme());
        }
        return new BenchNode(null, client, gateway, credentials);
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
            deployer.deploySource(folder.resolve(function), FunctionDeployer.Naming.OF_MANIFEST);
        }
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
        client.send(
                "POST",
                "/system/scale-function/" + function,
                NAMESPACE,
                Json.object()
                        .put("serviceName", function)
                        .put("namespace", "default")
                        .put("replicas", 0));
        long deadline = System.nanoTime() + END_PATIENCE.toNanos();
        while (describe(function).path("replicas").asInt(0) > 0) {
            if (System.nanoTime() > deadline) {
                throw CommandException.failed("instances of " + function + " did not end within "
                        + END_PATIENCE.toSeconds() + " s of scaling to zero");
            }
            LockSupport.parkNanos(END_POLL.toNanos());
        }
    }

    /** Memory of the function's instances now, on average. */
    public BenchResult.Memory memory(String function) {
        JsonNode described = describe(function);
        int replicas = Math.max(1, described.path("replicas").asInt(1));
        JsonNode usage = described.path("usage");
        return new BenchResult.Memory(
                usage.path("privateBytes").asLong(0) / 1024 / replicas,
                usage.path("sharedBytes").asLong(0) / 1024 / replicas);
    }

    private JsonNode describe(String function) {
        return client.get("/system/function/" + function, Map.of("namespace", "default", "usage", "1"));
    }

    @Override
    public void close() {
        client.close();
        if (own != null) {
            own.close();
        }
    }
}
