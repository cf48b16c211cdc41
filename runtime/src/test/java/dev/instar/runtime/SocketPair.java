package dev.instar.runtime;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Two connected Unix sockets: an engine's end, and one for a test that plays the shim. */
record SocketPair(SocketChannel engine, SocketChannel shim) implements AutoCloseable {
    static SocketPair open() throws IOException {
        Path directory = Files.createTempDirectory("instar-pair");
        Path path = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            server.bind(address);
            SocketChannel shim = SocketChannel.open(address);
            return new SocketPair(server.accept(), shim);
        } finally {
            Files.delete(path);
            Files.delete(directory);
        }
    }

    @Override
    public void close() throws IOException {
        engine.close();
        shim.close();
    }
}
