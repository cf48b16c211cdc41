package dev.instar.gateway;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1 connections of Helidon, reading and writing through a {@link Connection}. */
final class WatchedConnections implements ServerConnectionSelector {
    private final ConnectionWatch watch;
    private final GatewayLimits limits;
    private final Http1ConnectionSelector http1;

    WatchedConnections(ConnectionWatch watch, GatewayLimits limits) {
        this.watch = watch;
        this.limits = limits;
        this.http1 = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        .maxPrologueLength(limits.requestLineBytes())
                        .maxHeadersSize(limits.headerBytes())
                        .sendKeepAliveHeader(false)
                        .log(log -> log.receiveLog(false).sendLog(false))
                        .build())
                .build();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http1.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData request) {
        return http1.supports(request);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        SocketChannel channel = watch.claim(context.childSocketId());
        Runnable closer =
                channel == null ? () -> context.serverSocket().close() : () -> ConnectionWatch.closeQuietly(channel);
        Connection connection = new Connection(
                context.serverSocket(), context.dataWriter(), closer, limits, remoteAddress(context.remotePeer()));
        Context watched = new Context(context, connection, DataReader.create(connection));
        return new Watched(http1.connection(watched), connection);
    }

    private static String remoteAddress(PeerInfo peer) {
        return peer.address() instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "unix";
    }

    private final class Watched implements ServerConnection, InterruptableTask<@Nullable Void> {
        private final ServerConnection delegate;
        private final Connection connection;

        Watched(ServerConnection delegate, Connection connection) {
            this.delegate = delegate;
            this.connection = connection;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            watch.add(connection);
            try {
                ScopedValue.where(Connection.CURRENT, connection).call(() -> {
                    delegate.handle(limit);
                    return true;
                });
            } finally {
                watch.remove(connection);
            }
        }

        @Override
        public Duration idleTime() {
            // the watch closes idle connections
            return Duration.ZERO;
        }

        @Override
        public void close(boolean interrupt) {
            delegate.close(interrupt);
        }

        @Override
        public boolean canInterrupt() {
            return delegate instanceof InterruptableTask<?> task && task.canInterrupt();
        }
    }

    private record Context(ConnectionContext delegate, Connection connection, DataReader dataReader)
            implements ConnectionContext {
        @Override
        public DataWriter dataWriter() {
            return connection;
        }

        @Override
        public ListenerContext listenerContext() {
            return delegate.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return delegate.executor();
        }

        @Override
        public Router router() {
            return delegate.router();
        }

        @Override
        public HelidonSocket serverSocket() {
            return delegate.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return delegate.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return delegate.localPeer();
        }

        @Override
        public boolean isSecure() {
            return delegate.isSecure();
        }

        @Override
        public String socketId() {
            return delegate.socketId();
        }

        @Override
        public String childSocketId() {
            return delegate.childSocketId();
        }
    }
}
