package dev.instar.sandbox;

import dev.instar.linux.HostCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's bridge: gives sandboxes an address, a way out through masquerade, and name servers.
 *
 * <p>A sandbox reaches whatever the host can reach by its routes, except: other sandboxes, the host itself (but for
 * port 53 where a name server is the host's own address), and link-local addresses, where clouds serve credentials.
 * Nothing reaches a sandbox but the host and answers. IPv4 only. Other programs' filter rules still apply; where they
 * drop what is forwarded by default, as Docker's do, they need an exception for the bridge.
 *
 * <p>Everything carries the node's id and is removed by {@link #close}, or by {@link #removeLeftovers} after a crash.
 * Safe for use by several threads; {@link #attach} takes some 15 ms, two commands; detaching some 30 ms, mostly an RCU
 * grace period of the kernel.
 */
final class BridgeNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeNetwork.class);
    private static final int BRIDGE_OFFSET = 1;
    // The kernel numbers the ports of a bridge with ten bits.
    private static final int MAX_PORTS = 1023;
    private static final int LONGEST_PREFIX = 28;
    private static final Pattern DEVICE = Pattern.compile(" dev (\\S+)");
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]+)\"");

    private final HostNetwork host;
    private final BridgeNames names;
    private final Ipv4Network pool;
    private final AddressPool addresses;
    private final Resolvers resolvers;

    private BridgeNetwork(HostNetwork host, BridgeNames names, Ipv4Network pool, Resolvers resolvers) {
        this.host = host;
        this.names = names;
        this.pool = pool;
        this.addresses = new AddressPool(pool, MAX_PORTS);
        this.resolvers = resolvers;
    }

    /**
     * Makes the bridge and its rules, after removing what an earlier run has left over.
     *
     * @param nodeId 1 to 8 of {@code [a-z0-9]}
     * @param pool a private network with a prefix of at most 28 that nothing on this host uses, such as
     *     {@code 10.62.0.0/16}; empty for one of {@link FreeNetworks} that is free
     * @throws IOException if a program is missing, the network is in use or none is free, or the kernel refuses; then
     *     nothing is left
     */
    static BridgeNetwork open(String nodeId, Optional<String> pool) throws IOException {
        HostNetwork host = HostNetwork.OWN;
        Resolvers resolvers = Resolvers.ofHost();
        return pool.isPresent() ? open(host, nodeId, pool.get(), resolvers) : openAnywhere(host, nodeId, resolvers);
    }

    static BridgeNetwork open(HostNetwork host, String nodeId, String pool, Resolvers resolvers) throws IOException {
        Ipv4Network network = Ipv4Network.parse(pool);
        if (network.prefix() > LONGEST_PREFIX) {
            throw new IOException("the network for bridges needs a prefix of at most " + LONGEST_PREFIX + ": " + pool);
        }
        BridgeNetwork bridge = new BridgeNetwork(host, new BridgeNames(nodeId), network, resolvers);
        makeWay(host, bridge.names);
        Optional<String> use = bridge.otherUse();
        if (use.isPresent()) {
            throw new IOException("the bridge network " + pool + " overlaps a route or address of this host: "
                    + use.get() + "; set another network for the node's bridge");
        }
        bridge.createWhole();
        return bridge;
    }

    /** On the first free network, in the node's order. */
    static BridgeNetwork openAnywhere(HostNetwork host, String nodeId, Resolvers resolvers) throws IOException {
        BridgeNames names = new BridgeNames(nodeId);
        makeWay(host, names);
        for (Ipv4Network candidate : FreeNetworks.candidates(nodeId)) {
            BridgeNetwork bridge = new BridgeNetwork(host, names, candidate, resolvers);
            if (bridge.otherUse().isPresent()) {
                continue;
            }
            bridge.createWhole();
            // Another node may have looked at the same moment. Whoever looks again and sees the other goes on; if both
            // do, their orders differ.
            if (bridge.otherUse().isEmpty()) {
                return bridge;
            }
            bridge.close();
        }
        throw new IOException("this host uses all private networks that a bridge could have, within "
                + FreeNetworks.FIRST_RANGE + " and " + FreeNetworks.SECOND_RANGE
                + "; set a network for the node's bridge");
    }

    private static void makeWay(HostNetwork host, BridgeNames names) throws IOException {
        for (String program : List.of("ip", "nft", "nsenter")) {
            HostNetwork.program(program);
        }
        remove(host, names);
    }

    /** A route or an address of the host that overlaps the network and is not this bridge's own. */
    private Optional<String> otherUse() throws IOException {
        List<String> uses = new ArrayList<>();
        host.ipOutput("-4", "-o", "route", "show", "table", "all").lines().forEach(uses::add);
        // A device that is down has its address, but no route to its network.
        host.ipOutput("-4", "-o", "address", "show").lines().forEach(uses::add);
        return uses.stream()
                .filter(use -> !Arrays.asList(use.split("\\s+")).contains(names.bridge()))
                .filter(this::overlaps)
                .map(String::strip)
                .findFirst();
    }

    /** {@code 10.0.0.0/8 via …}, {@code local 10.0.0.1 dev …}, {@code 2: eth0 inet 10.0.0.1/8 brd …}. */
    private boolean overlaps(String use) {
        String[] words = use.split("\\s+", 5);
        int first = words.length > 3 && words[2].equals("inet") ? 3 : 0;
        return Stream.of(words)
                .skip(first)
                .limit(first == 0 ? 2 : 1)
                .flatMap(word -> Ipv4Network.around(word).stream())
                .anyMatch(pool::overlaps);
    }

    private void createWhole() throws IOException {
        try {
            create();
        } catch (IOException e) {
            closeAfter(e);
            throw e;
        }
    }

    /** The rules come first, so that the bridge never stands without them. */
    private void create() throws IOException {
        List<String> forwarding = devicesToForward();
        host.nft(BridgeRules.script(names, pool, resolvers.addresses(), forwarding));
        host.ip("""
                link add name BRIDGE type bridge
                link set dev BRIDGE addrgenmode none
                address add ADDRESS/PREFIX dev BRIDGE
                link set dev BRIDGE up
                """.replace("BRIDGE", names.bridge())
                .replace("ADDRESS", pool.address(BRIDGE_OFFSET))
                .replace("PREFIX", Integer.toString(pool.prefix())));
        for (String device : forwarding) {
            host.setForwarding(device, true);
        }
        host.setForwarding(names.bridge(), true);
    }

    /**
     * The devices that packets for sandboxes come in through and that did not forward before a node came. Only these
     * are told to forward, not the whole host: that can be undone without harm, since whoever needs forwarding for
     * another purpose switches it on for all.
     */
    private List<String> devicesToForward() throws IOException {
        List<String> byOtherNodes = forwardedByOthers(host, names, tables(host));
        List<String> devices = new ArrayList<>();
        Matcher routed = DEVICE.matcher(host.ipOutput("-4", "-o", "route", "show", "table", "main"));
        while (routed.find()) {
            String device = routed.group(1);
            boolean wasOff = byOtherNodes.contains(device) || !host.isForwarding(device);
            if (wasOff && !device.equals("lo") && !devices.contains(device)) {
                devices.add(device);
            }
        }
        return devices;
    }

    /** The network it serves. */
    Ipv4Network network() {
        return pool;
    }

    /** The contents of {@code /etc/resolv.conf} for sandboxes on the bridge. */
    String resolvConf() {
        return resolvers.resolvConf();
    }

    /**
     * Gives the network namespace of a process an interface {@code eth0}, an address and a default route.
     *
     * @param pid a process that stays alive during the call; its namespace is not this process's own
     * @return detaches it when closed
     * @throws IOException if that fails, or no address is left; then nothing is left
     */
    Attachment attach(int pid) throws IOException {
        int offset = addresses.take();
        String port = names.port(offset);
        try {
            host.ip("""
                    link add name PORT type veth peer name eth0 netns PID
                    link set dev PORT addrgenmode none master BRIDGE
                    link set dev PORT type bridge_slave isolated on
                    link set dev PORT up
                    """.replace("PORT", port)
                    .replace("PID", Integer.toString(pid))
                    .replace("BRIDGE", names.bridge()));
            HostNetwork.ipOf(pid, """
                    link set dev lo up
                    link set dev eth0 addrgenmode none
                    address add ADDRESS/PREFIX dev eth0
                    link set dev eth0 up
                    route add default via GATEWAY
                    """.replace("ADDRESS", pool.address(offset))
                    .replace("PREFIX", Integer.toString(pool.prefix()))
                    .replace("GATEWAY", pool.address(BRIDGE_OFFSET)));
        } catch (IOException e) {
            detachAfter(e, offset);
            throw e;
        }
        return new Attachment(offset);
    }

    private void detachAfter(IOException failure, int offset) {
        try {
            new Attachment(offset).close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private void closeAfter(IOException failure) {
        try {
            close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** A sandbox's place on the bridge. */
    final class Attachment implements AutoCloseable {
        private final int offset;

        private Attachment(int offset) {
            this.offset = offset;
        }

        /** The sandbox's address. */
        String address() {
            return pool.address(offset);
        }

        /** Removes the interface, inside and out; no error if the namespace has taken it along. */
        @Override
        public void close() throws IOException {
            boolean removed = host.ipWhereExists("link delete dev " + names.port(offset) + "\n");
            if (!removed && links(host).contains(names.port(offset))) {
                throw new IOException("the network device " + names.port(offset) + " cannot be removed");
            }
            addresses.release(offset);
        }
    }

    /** Removes every device, rule and setting of this bridge; sandboxes still attached lose their network. */
    @Override
    public void close() throws IOException {
        remove(host, names);
    }

    /** Removes what a node of this id has left over in the host's network; does nothing where there is nothing. */
    static void removeLeftovers(String nodeId) throws IOException {
        removeLeftovers(HostNetwork.OWN, nodeId);
    }

    static void removeLeftovers(HostNetwork host, String nodeId) throws IOException {
        remove(host, new BridgeNames(nodeId));
    }

    private static void remove(HostNetwork host, BridgeNames names) throws IOException {
        if (HostCommand.find("ip").isEmpty() || HostCommand.find("nft").isEmpty()) {
            // Without the programs nothing can have been made.
            return;
        }
        List<String> links = links(host).stream()
                .filter(link -> link.equals(names.bridge()) || link.startsWith(names.portPrefix()))
                .toList();
        StringBuilder batch = new StringBuilder();
        links.forEach(link -> batch.append("link delete dev ").append(link).append('\n'));
        if (!links.isEmpty() && !host.ipWhereExists(batch.toString())) {
            LOG.debug("some of {} were gone already", links);
        }
        List<String> tables = tables(host);
        if (tables.contains(names.table())) {
            restoreForwarding(host, names, tables);
            host.nft("delete table inet " + names.table() + "\n");
        }
        LOG.debug("removed {} network devices of node {}", links.size(), names.nodeId());
    }

    private static void restoreForwarding(HostNetwork host, BridgeNames names, List<String> tables) throws IOException {
        List<String> devices = forwarded(host, names.table());
        devices.removeAll(forwardedByOthers(host, names, tables));
        devices.retainAll(links(host));
        for (String device : devices) {
            if (!host.isForwarding("all")) {
                host.setForwarding(device, false);
            }
        }
    }

    private static List<String> forwardedByOthers(HostNetwork host, BridgeNames names, List<String> tables)
            throws IOException {
        List<String> devices = new ArrayList<>();
        for (String table : tables) {
            if (BridgeNames.isTable(table) && !table.equals(names.table())) {
                devices.addAll(forwarded(host, table));
            }
        }
        return devices;
    }

    private static List<String> forwarded(HostNetwork host, String table) throws IOException {
        List<String> devices = new ArrayList<>();
        Matcher element = QUOTED.matcher(host.nftOutput("list", "set", "inet", table, BridgeRules.FORWARDING_SET));
        while (element.find()) {
            devices.add(element.group(1));
        }
        return devices;
    }

    private static List<String> tables(HostNetwork host) throws IOException {
        return host.nftOutput("list", "tables", "inet")
                .lines()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }

    private static List<String> links(HostNetwork host) throws IOException {
        // "7: ivn1-0002@if2: <BROADCAST,…"
        return host.ipOutput("-o", "link", "show")
                .lines()
                .map(line -> line.split(": ", 3)[1].split("@", 2)[0])
                .toList();
    }
}
