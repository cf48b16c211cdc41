package dev.instar.gateway;

import dev.instar.engine.Engine;
import io.helidon.common.socket.SocketOptions;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The HTTP server of a node. Serves from {@link #start} to {@link #close}; it does not own the engine, which must be
 * there before and after it.
 */
public final class GatewayServer implements AutoCloseable {
    private static final String UNIX = "unix";

    private final GatewaySettings settings;
    private final ConnectionWatch watch;
    private final GatewayRoutes routes;
    private final WebServer server;

    private GatewayServer(GatewaySettings settings, ConnectionWatch watch, GatewayRoutes routes, WebServer server) {
        this.settings = settings;
        this.watch = watch;
        this.routes = routes;
        this.server = server;
    }

    /**
     * Starts serving the engine.
     *
     * @param metrics what the engine reports to as its listener
     * @throws UncheckedIOException if an address cannot be bound, or the TLS files cannot be read or made
     */
    public static GatewayServer start(GatewaySettings settings, Engine engine, GatewayMetrics metrics) {
        bridgeLogging();
        GatewayRoutes routes = GatewayRoutes.of(settings, engine, metrics);
        ConnectionWatch watch = new ConnectionWatch(settings.limits());
        try {
            WebServerConfig.Builder builder = WebServer.builder()
                    .shutdownHook(false)
                    .featuresDiscoverServices(false)
                    .bindAddress(settings.address());
            listen(builder, settings, watch, routes);
            settings.tls().ifPresent(source -> builder.tls(TlsMaterial.load(source)));
            settings.unixSocket().ifPresent(path -> {
                ListenerConfig.Builder unix =
                        ListenerConfig.builder().name(UNIX).bindAddress(UnixDomainSocketAddress.of(vacate(path)));
                listen(unix, settings, watch, routes);
                builder.putSocket(UNIX, unix.buildPrototype());
            });
            WebServer server = builder.build().start();
            requireRunning(server, settings);
            settings.unixSocket().ifPresent(GatewayServer::restrict);
            return new GatewayServer(settings, watch, routes, server);
        } catch (RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private static void listen(
            ListenerConfig.BuilderBase<?, ?> listener,
            GatewaySettings settings,
            ConnectionWatch watch,
            GatewayRoutes routes) {
        GatewayLimits limits = settings.limits();
        ContentEncodingContext plain = new PlainEncoding();
        SocketOptions options = watch.socketOptions();
        listener.protocolsDiscoverServices(false)
                .addConnectionSelector(new WatchedConnections(watch, limits))
                .connectionOptions(options)
                .contentEncoding(plain)
                .directHandlers(ErrorReply.beforeRouting())
                .maxTcpConnections(limits.connections())
                .maxConcurrentRequests(limits.requests())
                .writeBufferSize(0)
                // the watch closes idle connections
                .idleConnectionTimeout(Duration.ofDays(1))
                .idleConnectionPeriod(Duration.ofDays(1))
                .shutdownGracePeriod(limits.grace())
                .routing(HttpRouting.builder().any(routes.handler()));
    }

    private static void bridgeLogging() {
        if (!SLF4JBridgeHandler.isInstalled()) {
            SLF4JBridgeHandler.removeHandlersForRootLogger();
            SLF4JBridgeHandler.install();
        }
    }

    /** A socket file that an earlier run left behind would be in the way. */
    private static Path vacate(Path path) {
        try {
            Files.deleteIfExists(path);
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot replace the socket " + path, e);
        }
    }

    /** Helidon logs why it could not start, and returns. */
    private static void requireRunning(WebServer server, GatewaySettings settings) {
        if (!server.isRunning()) {
            String where = settings.address()
                    + settings.unixSocket().map(path -> " and " + path).orElse("");
            throw new UncheckedIOException(
                    new BindException("cannot listen on " + where + "; another process may be using it, see the log"));
        }
    }

    private static void restrict(Path path) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot restrict the socket " + path + " to its owner", e);
        }
    }

    /** The TCP port it listens on. */
    public int port() {
        return server.port();
    }

    /** {@code http://HOST:PORT} or {@code https://HOST:PORT}. */
    public String url() {
        String scheme = settings.tls().isPresent() ? "https" : "http";
        return scheme + "://" + settings.address().getHostString() + ":" + port();
    }

    /** The Unix-domain socket it listens on, if any. */
    public Optional<Path> unixSocket() {
        return settings.unixSocket();
    }

    /**
     * Takes no new connections, lets running requests finish within {@link GatewayLimits#grace}, then cuts the rest.
     */
    @Override
    public void close() {
        routes.close();
        server.stop();
        watch.close();
    }
}
