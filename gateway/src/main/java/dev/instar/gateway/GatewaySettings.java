package dev.instar.gateway;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the gateway listens.
 *
 * @param address where to listen; port 0 takes a free one
 * @param unixSocket an additional Unix-domain socket, without TLS and accessible to its owner only
 * @param tls certificate and key; empty for plain HTTP
 * @param limits bounds on what clients may use
 * @param version shown by {@code /system/info}
 */
public record GatewaySettings(
        InetSocketAddress address,
        Optional<Path> unixSocket,
        Optional<TlsSource> tls,
        GatewayLimits limits,
        String version) {
    /** Plain HTTP on the address with default limits. */
    public static GatewaySettings on(String host, int port) {
        return new GatewaySettings(
                new InetSocketAddress(host, port), Optional.empty(), Optional.empty(), GatewayLimits.DEFAULT, "0.1.0");
    }

    /** The same with TLS. */
    public GatewaySettings withTls(TlsSource source) {
        return new GatewaySettings(address, unixSocket, Optional.of(source), limits, version);
    }

    /** The same with a Unix-domain socket. */
    public GatewaySettings withUnixSocket(Path path) {
        return new GatewaySettings(address, Optional.of(path), tls, limits, version);
    }

    /** The same with other limits. */
    public GatewaySettings withLimits(GatewayLimits newLimits) {
        return new GatewaySettings(address, unixSocket, tls, newLimits, version);
    }
}
