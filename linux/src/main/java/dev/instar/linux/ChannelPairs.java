package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes pairs of connected Unix stream sockets of which one end is a {@link SocketChannel}, fit for virtual threads,
 * and the other a plain descriptor to be given to another process. {@code socketpair(2)} would give two descriptors,
 * and the JDK cannot make a channel of one; so a pair is a connection to a listener of our own. Thread-safe.
 */
public final class ChannelPairs implements AutoCloseable {
    private static final int SOCKET = 41;
    private static final int CONNECT = 42;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int LONGEST_PATH = 107;

    private final Path path;
    private final ServerSocketChannel listener;
    // Held while connecting and accepting, neither of which can block: it keeps the two ends of a pair together.
    private final ReentrantLock lock = new ReentrantLock();

    private ChannelPairs(Path path, ServerSocketChannel listener) {
        this.path = path;
        this.listener = listener;
    }

    /** The two ends of a connection. */
    public record Pair(SocketChannel ours, Fd theirs) {}

    /**
     * Listens at a path that only this process may reach.
     *
     * @param path in a directory that no other user can enter; at most 107 bytes long
     */
    public static ChannelPairs open(Path path) throws IOException {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            throw new IOException("socket path is longer than " + LONGEST_PATH + " bytes: " + path);
        }
        Files.deleteIfExists(path);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path), 64);
        return new ChannelPairs(path, listener);
    }

    /** Makes a pair: some 20 µs. */
    public Pair connect() throws IOException {
        Fd theirs = new Fd((int) Kernel.check("socket(AF_UNIX)", SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        lock.lock();
        try (Arena arena = Arena.ofConfined()) {
            byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
            MemorySegment address = arena.allocate(110, 2);
            address.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
            Kernel.check("connect(\"" + path + "\")", CONNECT, theirs.number(), address.address(), 3 + name.length);
            return new Pair(listener.accept(), theirs);
        } catch (IOException | RuntimeException failed) {
            theirs.close();
            throw failed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(path);
    }
}
