package dev.instar.cli.node;

import dev.instar.engine.node.EngineSettings;
import dev.instar.engine.node.LocalEngine;
import dev.instar.engine.store.AdminPassword;
import dev.instar.gateway.GatewayMetrics;
import dev.instar.gateway.GatewayServer;
import dev.instar.gateway.GatewaySettings;
import dev.instar.gateway.TlsSource;
import dev.instar.linux.FavorDynMods;
import dev.instar.linux.FileModeMask;
import dev.instar.linux.LinuxException;
import dev.instar.linux.OpenFileLimit;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.SandboxSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Engine and gateway of a running node. */
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** Nobody but the node may write what it makes. */
    private static final int MASK = 022;

    /** A channel, two pipes, a descriptor for each of its three processes, and a socket for one. */
    private static final int FILES_OF_A_SANDBOX = 7;

    private static final long FILES_OF_A_NODE = 2048;

    private final NodeConfiguration configuration;
    private final LocalEngine engine;
    private final GatewayServer gateway;
    private final @Nullable FavorDynMods favorDynMods;

    private Node(
            NodeConfiguration configuration,
            LocalEngine engine,
            GatewayServer gateway,
            @Nullable FavorDynMods favorDynMods) {
        this.configuration = configuration;
        this.favorDynMods = favorDynMods;
        this.engine = engine;
        this.gateway = gateway;
    }

    /**
     * Starts a node. When this returns, every function deployed before answers.
     *
     * @param version shown to clients
     * @throws dev.instar.engine.EngineException if the data directory cannot be used
     * @throws IOException if sandboxes cannot be made
     * @throws java.io.UncheckedIOException if the address or the certificate cannot be used
     */
    public static Node start(NodeConfiguration configuration, String version) throws IOException {
        // Functions, which have user ids of their own, read what the node unpacks, and inherit the mask. Directories of
        // private things, and secret files, are made with modes of their own.
        FileModeMask.set(MASK);
        NodeLog.configure(configuration.log());
        long descriptors = (long) FILES_OF_A_SANDBOX * configuration.sandboxes().maximum() + FILES_OF_A_NODE;
        if (!OpenFileLimit.raise(descriptors)) {
            LOG.warn(
                    "{} sandboxes can need {} open files, but the limit is {}",
                    configuration.sandboxes().maximum(),
                    descriptors,
                    OpenFileLimit.get());
        }
        GatewayMetrics metrics = new GatewayMetrics();
        FavorDynMods favorDynMods = favorDynMods(configuration);
        LocalEngine engine = null;
        try {
            engine = LocalEngine.open(
                    engineSettings(configuration),
                    files -> LinuxSandboxPool.open(sandboxSettings(configuration, files)),
                    metrics);
            GatewayServer gateway = GatewayServer.start(gatewaySettings(configuration, version), engine, metrics);
            if (configuration.tls().orElse(null) instanceof TlsSource.SelfSigned own) {
                SelfSignedCertificateFile.export(own.directory());
            }
            LOG.info("node {} listens at {}", version, gateway.url());
            return new Node(configuration, engine, gateway, favorDynMods);
        } catch (IOException | RuntimeException e) {
            if (engine != null) {
                engine.close();
            }
            close(favorDynMods);
            throw e;
        }
    }

    private static @Nullable FavorDynMods favorDynMods(NodeConfiguration configuration) {
        if (!configuration.sandboxes().favorDynMods()) {
            return null;
        }
        try {
            FavorDynMods held = FavorDynMods.hold();
            LOG.info("favordynmods is on for all control groups of this machine while the node runs");
            return held;
        } catch (LinuxException e) {
            LOG.warn("favordynmods cannot be switched on, and control groups are as slow to join as ever", e);
            return null;
        }
    }

    private static void close(@Nullable FavorDynMods held) {
        if (held != null) {
            held.close();
        }
    }

    /** Where the gateway listens. */
    public String url() {
        return gateway.url();
    }

    /** The administrator's password. */
    public AdminPassword adminPassword() {
        return engine.adminPassword();
    }

    /** Refuses new calls, waits for running ones within the configured time, then ends everything. */
    @Override
    public void close() {
        LOG.info("shutting down");
        try {
            if (!engine.drain(configuration.drainPatience())) {
                LOG.warn("calls were still running after {}", configuration.drainPatience());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gateway.close();
            engine.close();
            close(favorDynMods);
            LOG.info("stopped");
        }
    }

    private static EngineSettings engineSettings(NodeConfiguration configuration) {
        EngineSettings.Builder settings = EngineSettings.builder(configuration.data())
                .async(configuration.async())
                .freezeIdle(configuration.freezeIdle())
                .templates(configuration.templates());
        configuration.memoryBoundBytes().ifPresent(settings::memoryBoundBytes);
        configuration.queueLength().ifPresent(settings::queueLength);
        configuration.concurrentStarts().ifPresent(settings::concurrentStarts);
        return settings.build();
    }

    private static SandboxSettings sandboxSettings(NodeConfiguration configuration, Path instarFiles) {
        NodeConfiguration.Sandboxes sandboxes = configuration.sandboxes();
        HostShare share = HostShare.of(configuration.data(), sandboxes);
        return new SandboxSettings(
                share.nodeId(),
                share.runDirectory(),
                instarFiles,
                sandboxes.ready(),
                sandboxes.maximum(),
                share.firstUid(),
                sandboxes.bridgeNetwork(),
                sandboxes.reuse());
    }

    private static GatewaySettings gatewaySettings(NodeConfiguration configuration, String version) {
        return new GatewaySettings(
                new InetSocketAddress(configuration.listen(), configuration.port()),
                configuration.unixSocket(),
                configuration.tls(),
                configuration.limits(),
                version);
    }
}
