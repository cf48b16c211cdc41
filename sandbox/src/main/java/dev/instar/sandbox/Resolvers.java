package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The name servers for sandboxes on the bridge.
 *
 * @param addresses IPv4 addresses, at least one and none of them a loopback address
 * @param settings the {@code search}, {@code domain} and {@code options} lines of the host's file
 */
record Resolvers(List<String> addresses, List<String> settings) {
    // The second is where systemd-resolved keeps the real servers when the first names its own stub on loopback.
    private static final List<Path> FILES =
            List.of(Path.of("/etc/resolv.conf"), Path.of("/run/systemd/resolve/resolv.conf"));

    Resolvers {
        addresses = List.copyOf(addresses);
        settings = List.copyOf(settings);
    }

    /**
     * Takes the host's.
     *
     * @throws IOException if the host has none that a sandbox can reach
     */
    static Resolvers ofHost() throws IOException {
        for (Path file : FILES) {
            if (Files.isReadable(file)) {
                Resolvers resolvers = parse(Files.readString(file));
                if (!resolvers.addresses().isEmpty()) {
                    return resolvers;
                }
            }
        }
        throw new IOException("instances with a bridge network need a name server, but " + FILES.getFirst()
                + " names none with an IPv4 address outside of this host's loopback; add a line such as"
                + " \"nameserver 192.0.2.53\" to it");
    }

    /** Reads a file in the form of resolv.conf(5); servers that a sandbox cannot reach are left out. */
    static Resolvers parse(String text) {
        List<String> addresses = new ArrayList<>();
        List<String> settings = new ArrayList<>();
        for (String line : text.lines().map(String::strip).toList()) {
            String[] words = line.split("\\s+", -1);
            switch (words[0]) {
                case "nameserver" -> {
                    if (words.length > 1 && isReachable(words[1])) {
                        addresses.add(words[1]);
                    }
                }
                case "search", "domain", "options" -> settings.add(line);
                default -> {
                    // Comments, and keywords that no resolver of today reads.
                }
            }
        }
        return new Resolvers(addresses, settings);
    }

    private static boolean isReachable(String address) {
        return Ipv4Network.isValid(address)
                && !Ipv4Network.parse("127.0.0.0/8").overlaps(Ipv4Network.parse(address))
                && !address.contains("/");
    }

    /** The file for the sandbox. */
    String resolvConf() {
        StringBuilder text = new StringBuilder();
        addresses.forEach(address -> text.append("nameserver ").append(address).append('\n'));
        settings.forEach(setting -> text.append(setting).append('\n'));
        return text.toString();
    }
}
