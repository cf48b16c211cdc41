package dev.instar.sandbox;

import dev.instar.linux.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A network namespace held by a sleeping process; it ends, with all that is in it, when closed. */
final class NetworkNamespace implements AutoCloseable {
    private static final String SERVER = """
            import socket, sys, threading
            def tcp(address, port, text):
                server = socket.create_server((address, port))
                print('ready', flush=True)
                while True:
                    connection, peer = server.accept()
                    connection.sendall((text + ' ' + peer[0]).encode())
                    connection.close()
            tcp(sys.argv[1], int(sys.argv[2]), sys.argv[3])
            """;
    private static final String CLIENT = """
            import errno, socket, sys
            try:
                with socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.5) as connection:
                    print(connection.recv(100).decode())
            except TimeoutError:
                print('timeout')
            except OSError as e:
                print(errno.errorcode[e.errno])
            """;

    private final List<Process> processes = new ArrayList<>();
    private final int pid;

    NetworkNamespace() throws IOException {
        Process holder = new ProcessBuilder("/usr/bin/unshare", "--net", "/bin/sleep", "300").start();
        processes.add(holder);
        pid = Math.toIntExact(holder.pid());
        Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net"))
                        .equals(own));
        run("", "/usr/sbin/ip", "link", "set", "dev", "lo", "up");
    }

    int pid() {
        return pid;
    }

    HostNetwork network() {
        return new HostNetwork(enter());
    }

    private List<String> enter() {
        return List.of("/usr/bin/nsenter", "--net=/proc/" + pid + "/ns/net");
    }

    String run(String input, String... command) throws IOException {
        List<String> entered = new ArrayList<>(enter());
        entered.addAll(List.of(command));
        HostCommand.Outcome outcome = HostCommand.run(entered, input, Duration.ofSeconds(10));
        if (!outcome.succeeded()) {
            throw new IOException(List.of(command) + ": " + outcome);
        }
        return outcome.output().strip();
    }

    /** Starts a server that says {@code text} and its peer's address to whoever connects. */
    void serve(String address, int port, String text) throws IOException {
        List<String> command = new ArrayList<>(enter());
        command.addAll(List.of("/usr/bin/python3", "-c", SERVER, address, Integer.toString(port), text));
        Process server = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(server);
        String first = server.inputReader().readLine();
        if (!"ready".equals(first)) {
            throw new IOException("the server did not start: " + first);
        }
    }

    /** What a server says, or the name of the error. */
    String connect(String address, int port) throws IOException {
        return run("", "/usr/bin/python3", "-c", CLIENT, address, Integer.toString(port));
    }

    /** Everything that could be left over: devices, addresses, routes, rules, forwarding. */
    String state() throws IOException {
        return String.join(
                "\n",
                run("", "/usr/sbin/ip", "-o", "link"),
                run("", "/usr/sbin/ip", "-o", "-4", "address"),
                run("", "/usr/sbin/ip", "-4", "route", "show", "table", "all"),
                run("", "/usr/sbin/ip", "-4", "netconf"),
                run("", "/usr/sbin/nft", "list", "ruleset"));
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }
}
