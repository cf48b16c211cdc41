package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's bridge, made when the first instance asks for it, so that a node whose functions have no network leaves
 * the host's alone. Safe for use by several threads.
 */
final class BridgeNetworks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeNetworks.class);

    private final SandboxSettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable BridgeNetwork bridge;
    private boolean closed;

    BridgeNetworks(SandboxSettings settings) {
        this.settings = settings;
    }

    /**
     * Puts the network namespace of a process on the bridge.
     *
     * @return detaches it
     */
    AutoCloseable attach(int initPid) throws IOException {
        return bridge().attach(initPid);
    }

    /** The file that names resolvers for sandboxes on the bridge; there once one has been attached. */
    Path resolverFile() {
        return settings.runDirectory().resolve("resolv.conf");
    }

    /** Whoever comes while the bridge is being made waits for it: there can be only one. */
    private BridgeNetwork bridge() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the node is shutting down");
            }
            BridgeNetwork made = bridge;
            if (made == null) {
                made = BridgeNetwork.open(settings.nodeId(), settings.bridgeNetwork());
                bridge = made;
                Files.writeString(resolverFile(), made.resolvConf());
                LOG.info("bridge {} made for network {}", settings.nodeId(), made.network());
            }
            return made;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            BridgeNetwork made = bridge;
            if (made != null) {
                made.close();
            }
        } catch (IOException e) {
            LOG.error("the bridge of node {} could not be removed; the next start does it", settings.nodeId(), e);
        } finally {
            lock.unlock();
        }
    }
}
