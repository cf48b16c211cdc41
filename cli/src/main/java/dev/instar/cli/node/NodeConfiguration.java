package dev.instar.cli.node;

import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.async.AsyncSettings;
import dev.instar.engine.templates.TemplateSettings;
import dev.instar.gateway.GatewayLimits;
import dev.instar.gateway.TlsSource;
import dev.instar.sandbox.Reuse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything an operator can settle about a node. {@code docs/operations.md} describes each setting.
 *
 * @param data what has to survive; held by one node at a time
 * @param listen address of the gateway
 * @param port port of the gateway; 0 takes a free one
 * @param unixSocket further socket of the gateway, for the owner alone
 * @param tls certificate and key; empty for plain HTTP
 * @param memoryBoundBytes memory of all workloads beyond which idle instances are ended; empty for the engine's default
 * @param queueLength calls of one function that may wait; empty for the engine's default
 * @param concurrentStarts starts at a time; empty for the engine's default
 * @param freezeIdle how long an instance is idle until it is frozen; zero never freezes one
 * @param drainPatience how long a shutdown waits for running calls
 * @param sandboxes how many sandboxes, and what of the host they use
 * @param templates bounds of memory templates
 * @param async how asynchronous calls are run
 * @param limits bounds of the gateway
 * @param log where the node's own log goes
 */
public record NodeConfiguration(
        Path data,
        String listen,
        int port,
        Optional<Path> unixSocket,
        Optional<TlsSource> tls,
        Optional<Long> memoryBoundBytes,
        Optional<Integer> queueLength,
        Optional<Integer> concurrentStarts,
        Duration freezeIdle,
        Duration drainPatience,
        Sandboxes sandboxes,
        TemplateSettings templates,
        AsyncSettings async,
        GatewayLimits limits,
        Log log) {
    /** @throws InvalidRequestException if a value is out of range */
    public NodeConfiguration {
        require(port >= 0 && port <= 65_535, "port must be between 0 and 65535");
        require(!drainPatience.isNegative(), "drain must not be negative");
        require(!freezeIdle.isNegative(), "freeze-idle must not be negative");
        memoryBoundBytes.ifPresent(bytes -> require(bytes >= 64L << 20, "memory must be at least 64Mi"));
        queueLength.ifPresent(length -> require(length >= 1, "queue-length must be at least 1"));
        concurrentStarts.ifPresent(starts -> require(starts >= 1, "concurrent-starts must be at least 1"));
    }

    /**
     * Sandboxes of the node.
     *
     * @param ready how many are kept prepared
     * @param maximum how many there may be
     * @param firstUid the first user id they use; empty to derive it from the data directory, so that several nodes on
     *     a machine are unlikely to share ids
     * @param bridgeNetwork IPv4 network for functions with a network; empty lets the node choose a free one
     * @param reuse whether and for how long each is used again
     * @param favorDynMods whether the kernel is to favour dynamic modifications of control groups, on the whole machine
     */
    public record Sandboxes(
            int ready,
            int maximum,
            Optional<Integer> firstUid,
            Optional<String> bridgeNetwork,
            Reuse reuse,
            boolean favorDynMods) {
        /** 8 ready, at most 1000, ids and a network that the node chooses, and each used again. */
        public static final Sandboxes DEFAULT =
                new Sandboxes(8, 1000, Optional.empty(), Optional.empty(), Reuse.DEFAULT, false);

        /** @throws InvalidRequestException if a value is out of range */
        public Sandboxes {
            require(maximum >= 1 && maximum <= 100_000, "sandboxes.maximum must be between 1 and 100000");
            require(ready >= 0 && ready <= maximum, "sandboxes.ready must be between 0 and the maximum");
            firstUid.ifPresent(uid -> require(uid >= 100_000, "sandboxes.first-uid must be at least 100000"));
        }
    }

    /**
     * The node's own log.
     *
     * @param json one JSON object a line instead of text
     * @param file rotated file; empty for standard error
     * @param level {@code debug}, {@code info}, {@code warn} or {@code error}
     */
    public record Log(boolean json, Optional<Path> file, String level) {
        /** Text of level info on standard error. */
        public static final Log DEFAULT = new Log(false, Optional.empty(), "info");

        /** @throws InvalidRequestException if the level is not one */
        public Log {
            require(level.matches("debug|info|warn|error"), "log level must be debug, info, warn or error");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new InvalidRequestException(message);
        }
    }
}
