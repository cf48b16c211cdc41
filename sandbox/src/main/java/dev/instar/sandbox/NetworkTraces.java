package dev.instar.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a network namespace shows of its past and present: devices with their counters, sockets, connections that wait
 * for their end, routes, neighbours and the counters of every protocol. A namespace that nobody has used shows the same
 * at any time, and so does every other such namespace of the same kernel.
 *
 * @param files text by name below {@code /proc/PID/net}, without what the whole machine shares
 */
record NetworkTraces(Map<String, String> files) {
    /**
     * Not {@code tcp} and {@code tcp6}, for which the kernel looks through a table of the whole machine (5 ms each):
     * {@code sockstat} counts this namespace's sockets, those that wait for their end included, and {@code snmp} every
     * connection and packet there ever was.
     */
    private static final List<String> NAMES = List.of(
            "anycast6",
            "arp",
            "dev",
            "dev_mcast",
            "fib_trie",
            "icmp",
            "icmp6",
            "if_inet6",
            "igmp",
            "igmp6",
            "ip6_flowlabel",
            "ipv6_route",
            "mcfilter",
            "mcfilter6",
            "netlink",
            "netstat",
            "packet",
            "raw",
            "raw6",
            "route",
            "snmp",
            "snmp6",
            "sockstat",
            "sockstat6",
            "udp",
            "udp6",
            "udplite",
            "udplite6",
            "unix");

    NetworkTraces {
        files = Map.copyOf(files);
    }

    /**
     * Of the namespace that a process is in; takes about a millisecond.
     *
     * @throws IOException if they cannot be read, as when the process has ended
     */
    static NetworkTraces of(int pid) throws IOException {
        Path directory = Path.of("/proc", Integer.toString(pid), "net");
        if (!Files.isDirectory(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
        Map<String, String> files = new TreeMap<>();
        for (String name : NAMES) {
            Path file = directory.resolve(name);
            if (Files.exists(file)) {
                files.put(name, lasting(name, new String(Files.readAllBytes(file), StandardCharsets.UTF_8)));
            }
        }
        return new NetworkTraces(files);
    }

    /** Without the machine's own counters, and without numbers that tell one kernel object from another. */
    private static String lasting(String name, String text) {
        return switch (name) {
            // Buffers, orphans and allocated sockets are counted for all namespaces together.
            case "sockstat" -> text.replaceAll(" (mem|orphan|alloc) \\d+", "");
            case "netlink" ->
                String.join(
                        "\n",
                        new TreeSet<>(text.lines()
                                .map(line -> line.strip().replaceAll("^\\S+|\\S+$", ""))
                                .toList()));
            default -> text;
        };
    }

    /** The names of the files that differ. */
    List<String> differences(NetworkTraces others) {
        TreeSet<String> names = new TreeSet<>(files.keySet());
        names.addAll(others.files.keySet());
        names.removeIf(name -> Objects.equals(files.get(name), others.files.get(name)));
        return List.copyOf(names);
    }
}
