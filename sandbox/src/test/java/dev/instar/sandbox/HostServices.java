package dev.instar.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Services that a host might offer to itself: by TCP, by UDP, by an abstract Unix socket. They count who comes. */
final class HostServices implements AutoCloseable {
    private static final String ABSTRACT_LISTENER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.bind("\\0" + sys.argv[1])
            s.listen()
            print("listening", flush=True)
            while True:
                s.accept()
                print("connected", flush=True)
            """;

    private final AtomicInteger connections = new AtomicInteger();
    private final ServerSocket tcp;
    private final DatagramSocket udp;
    private final Process unix;
    private final String abstractName;

    private HostServices(ServerSocket tcp, DatagramSocket udp, Process unix, String abstractName) {
        this.tcp = tcp;
        this.udp = udp;
        this.unix = unix;
        this.abstractName = abstractName;
    }

    static HostServices open(String abstractName) throws IOException {
        ServerSocket tcp = new ServerSocket();
        tcp.bind(new InetSocketAddress("::", 0));
        DatagramSocket udp = new DatagramSocket(new InetSocketAddress("::", 0));
        Process unix = new ProcessBuilder("/usr/bin/python3", "-S", "-c", ABSTRACT_LISTENER, abstractName)
                .redirectErrorStream(true)
                .start();
        BufferedReader reports = unix.inputReader();
        if (!"listening".equals(reports.readLine())) {
            throw new IOException("no abstract socket");
        }
        HostServices services = new HostServices(tcp, udp, unix, abstractName);
        Thread.ofVirtual().start(services::countConnections);
        Thread.ofVirtual().start(services::countDatagrams);
        Thread.ofVirtual().start(() -> reports.lines().forEach(line -> services.connections.incrementAndGet()));
        services.requireThatTheyCount();
        return services;
    }

    private void countConnections() {
        try {
            while (true) {
                tcp.accept().close();
                connections.incrementAndGet();
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void countDatagrams() {
        try {
            while (true) {
                udp.receive(new DatagramPacket(new byte[64], 64));
                connections.incrementAndGet();
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    /** A count that stays zero means nothing unless the services can be reached at all. */
    private void requireThatTheyCount() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", tcpPort())) {
            socket.getOutputStream().write(1);
        }
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), udpPort()));
        }
        String connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect('\\0' + sys.argv[1])";
        new ProcessBuilder("/usr/bin/python3", "-S", "-c", connect, abstractName)
                .inheritIO()
                .start();
        Awaitility.await().until(() -> connections.get() == 3);
        connections.set(0);
    }

    int tcpPort() {
        return tcp.getLocalPort();
    }

    int udpPort() {
        return udp.getLocalPort();
    }

    String abstractName() {
        return abstractName;
    }

    /** How many have come from elsewhere than this class. */
    int connections() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        tcp.close();
        udp.close();
        unix.destroyForcibly();
    }
}
