package dev.instar.gateway;

import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose client keeps the gateway waiting: handshakes and heads that trickle in, bodies that stall,
 * replies nobody reads. Timeouts of single reads would not do, since a byte now and then satisfies them for ever.
 */
final class ConnectionWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionWatch.class);
    private static final long PERIOD_MILLIS = 250;

    private final GatewayLimits limits;
    private final Map<String, Accepted> accepted = new ConcurrentHashMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);

    private record Accepted(SocketChannel channel, long deadline) {}

    ConnectionWatch(GatewayLimits limits) {
        this.limits = limits;
        Thread.ofPlatform().daemon().name("gateway-watch").start(this::run);
    }

    /** Socket options of accepted connections, which also begin the watch over their handshake. */
    SocketOptions socketOptions() {
        SocketOptions options = SocketOptions.builder()
                .tcpNoDelay(true)
                .socketKeepAlive(true)
                .readTimeout(limits.stall())
                .build();
        return new WatchedSocketOptions(options);
    }

    /** Takes over from {@link #socketOptions}; the channel is null if the handshake took too long. */
    @Nullable
    SocketChannel claim(String childSocketId) {
        Accepted entry = accepted.remove(childSocketId);
        return entry == null ? null : entry.channel();
    }

    void add(Connection connection) {
        connections.add(connection);
    }

    void remove(Connection connection) {
        connections.remove(connection);
    }

    static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a connection failed", e);
        }
    }

    private void run() {
        try {
            while (!closed.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
                scan();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void scan() {
        long now = System.nanoTime();
        accepted.forEach((id, entry) -> {
            if (now - entry.deadline() > 0 && accepted.remove(id, entry)) {
                LOG.debug("closing a connection that sent nothing or whose handshake did not end");
                closeQuietly(entry.channel());
            }
        });
        for (Connection connection : connections) {
            if (connection.overdue(now)) {
                LOG.debug("closing a connection from {} that stalls", connection.remoteAddress());
                connection.cut();
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
        accepted.values().forEach(entry -> closeQuietly(entry.channel()));
        accepted.clear();
    }

    /** Helidon calls {@link #configureSocket} right after accepting, before it hands the socket to a thread. */
    private final class WatchedSocketOptions implements SocketOptions {
        private final SocketOptions options;

        WatchedSocketOptions(SocketOptions options) {
            this.options = options;
        }

        @Override
        public void configureSocket(SocketChannel channel) {
            options.configureSocket(channel);
            // the form of Helidon's child socket id
            String id = "0x" + HexFormat.of().toHexDigits(System.identityHashCode(channel));
            accepted.put(
                    id, new Accepted(channel, System.nanoTime() + limits.head().toNanos()));
        }

        @Override
        public Map<SocketOption<?>, Object> socketOptions() {
            return options.socketOptions();
        }

        @Override
        public Duration connectTimeout() {
            return options.connectTimeout();
        }

        @Override
        public Duration readTimeout() {
            return options.readTimeout();
        }

        @Override
        public Optional<Integer> socketReceiveBufferSize() {
            return options.socketReceiveBufferSize();
        }

        @Override
        public Optional<Integer> socketSendBufferSize() {
            return options.socketSendBufferSize();
        }

        @Override
        public boolean socketReuseAddress() {
            return options.socketReuseAddress();
        }

        @Override
        public boolean socketKeepAlive() {
            return options.socketKeepAlive();
        }

        @Override
        public boolean tcpNoDelay() {
            return options.tcpNoDelay();
        }
    }
}
