package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A host, the world behind it and two sandboxes, each a network namespace of its own on this machine.
 *
 * <p>{@code outside} 198.51.100.2, also 169.254.169.254 — 198.51.100.1 {@code host} bridge — sandboxes
 */
class BridgeNetworkTest {
    private static final String POOL = "10.62.0.0/16";
    private static final String HOST = "198.51.100.1";
    private static final String OUTSIDE = "198.51.100.2";
    private static final String METADATA = "169.254.169.254";
    private static final Resolvers RESOLVERS = new Resolvers(List.of(HOST, OUTSIDE), List.of("search example.org"));

    private NetworkNamespace outside;
    private NetworkNamespace host;
    private NetworkNamespace first;
    private NetworkNamespace second;

    @BeforeEach
    void connectNamespaces() throws IOException {
        outside = new NetworkNamespace();
        host = new NetworkNamespace();
        first = new NetworkNamespace();
        second = new NetworkNamespace();
        host.run("""
                link add name uplink type veth peer name down netns %d
                address add %s/24 dev uplink
                link set dev uplink up
                """.formatted(outside.pid(), HOST), "/usr/sbin/ip", "-batch", "-");
        outside.run("""
                address add %s/24 dev down
                address add %s/32 dev lo
                link set dev down up
                """.formatted(OUTSIDE, METADATA), "/usr/sbin/ip", "-batch", "-");
        host.run("", "/usr/sbin/ip", "route", "add", "default", "via", OUTSIDE);
        // A new namespace takes this setting from the machine, where it may be on.
        host.network().setForwarding("all", false);
        // A fresh link takes its addresses for IPv6 a moment later; the state is compared before and after.
        await().until(() -> host.run("", "/usr/sbin/ip", "-o", "link").contains("uplink@")
                && host.connect(OUTSIDE, 1).equals("ECONNREFUSED"));
    }

    @AfterEach
    void endNamespaces() {
        List.of(outside, host, first, second).forEach(NetworkNamespace::close);
    }

    private BridgeNetwork open() throws IOException {
        return BridgeNetwork.open(host.network(), "n1", POOL, RESOLVERS);
    }

    @Test
    void sandboxesReachTheWorldAndNothingElse() throws IOException {
        outside.serve("0.0.0.0", 80, "world");
        outside.serve("0.0.0.0", 53, "names");
        host.serve("0.0.0.0", 8080, "host service");
        host.serve("0.0.0.0", 53, "host names");
        second.serve("0.0.0.0", 8081, "neighbour");

        try (BridgeNetwork bridge = open();
                BridgeNetwork.Attachment one = bridge.attach(first.pid());
                BridgeNetwork.Attachment two = bridge.attach(second.pid())) {
            assertThat(one.address()).isEqualTo("10.62.0.2");
            assertThat(two.address()).isEqualTo("10.62.0.3");
            assertThat(bridge.resolvConf())
                    .isEqualTo("nameserver 198.51.100.1\nnameserver 198.51.100.2\nsearch example.org\n");

            // The world sees the host's address, not the sandbox's.
            assertThat(first.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            assertThat(second.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            assertThat(first.connect(OUTSIDE, 53)).isEqualTo("names " + HOST);
            assertThat(first.connect(HOST, 53)).isEqualTo("host names 10.62.0.2");

            assertThat(first.connect(METADATA, 80)).isEqualTo("EHOSTUNREACH");
            assertThat(first.connect(HOST, 8080)).isEqualTo("EHOSTUNREACH");
            assertThat(first.connect("10.62.0.1", 8080)).isEqualTo("EHOSTUNREACH");
            assertThat(first.connect("10.62.0.1", 53)).isEqualTo("EHOSTUNREACH");
            assertThat(first.connect(two.address(), 8081)).isEqualTo("timeout");
            // Around the link-layer isolation, by way of the host's routing.
            first.run("", "/usr/sbin/ip", "route", "add", two.address() + "/32", "via", "10.62.0.1");
            assertThat(first.connect(two.address(), 8081)).isEqualTo("EHOSTUNREACH");

            assertThat(host.connect(two.address(), 8081)).isEqualTo("neighbour 10.62.0.1");
            outside.run("", "/usr/sbin/ip", "route", "add", POOL, "via", HOST);
            assertThat(outside.connect(two.address(), 8081)).isEqualTo("timeout");
        }
    }

    @Test
    void withoutTheRulesTheSameConnectionsWork() throws IOException {
        host.serve("0.0.0.0", 8080, "host service");
        outside.serve("0.0.0.0", 80, "world");
        try (BridgeNetwork bridge = open();
                BridgeNetwork.Attachment one = bridge.attach(first.pid())) {
            host.run("", "/usr/sbin/nft", "flush", "chain", "inet", "instar-n1", "to-host");
            host.run("", "/usr/sbin/nft", "flush", "chain", "inet", "instar-n1", "from-sandbox");
            assertThat(first.connect(HOST, 8080)).isEqualTo("host service " + one.address());
            assertThat(first.connect(METADATA, 80)).isEqualTo("world " + HOST);
        }
    }

    @Test
    void nothingIsLeft() throws IOException {
        String before = host.state();
        try (BridgeNetwork bridge = open()) {
            BridgeNetwork.Attachment one = bridge.attach(first.pid());
            assertThat(host.state()).contains("instar-n1", "ivn1-0002");
            assertThat(host.network().isForwarding("uplink")).isTrue();
            assertThat(host.network().isForwarding("all")).isFalse();
            one.close();
            assertThat(host.state()).contains("instar-n1").doesNotContain("ivn1-");
            assertThat(first.run("", "/usr/sbin/ip", "-o", "link")).doesNotContain("eth0");
            bridge.attach(second.pid());
        }
        assertThat(host.state()).isEqualTo(before);
    }

    @Test
    void leftoversOfOneNodeAreRemovedAndOthersStay() throws IOException {
        String before = host.state();
        BridgeNetwork killed = open();
        killed.attach(first.pid());
        try (BridgeNetwork other = BridgeNetwork.open(host.network(), "n10", "10.63.0.0/16", RESOLVERS);
                BridgeNetwork.Attachment two = other.attach(second.pid())) {
            outside.serve("0.0.0.0", 80, "world");
            BridgeNetwork.removeLeftovers(host.network(), "n1");
            BridgeNetwork.removeLeftovers(host.network(), "n1");
            assertThat(host.state()).doesNotContain("instar-n1\"", "ivn1-").contains("instar-n10", "ivn10-0002");
            assertThat(two.address()).isEqualTo("10.63.0.2");
            assertThat(second.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            assertThat(killed.resolvConf()).isNotEmpty();
        }
        assertThat(host.state()).isEqualTo(before);
    }

    @Test
    void openingAgainReplacesWhatAKilledNodeLeft() throws IOException {
        String before = host.state();
        BridgeNetwork killed = open();
        killed.attach(first.pid());
        outside.serve("0.0.0.0", 80, "world");
        try (BridgeNetwork again = open();
                BridgeNetwork.Attachment one = again.attach(first.pid())) {
            assertThat(first.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            assertThat(one.address()).isEqualTo("10.62.0.2");
        }
        assertThat(host.state()).isEqualTo(before);
    }

    @Test
    void aSandboxThatIsGoneTakesItsInterfaceAlong() throws IOException {
        try (BridgeNetwork bridge = open()) {
            BridgeNetwork.Attachment one = bridge.attach(first.pid());
            first.close();
            await().atMost(Duration.ofSeconds(10)).until(() -> !host.state().contains("ivn1-0002"));
            one.close();
            assertThat(bridge.attach(second.pid()).address()).isEqualTo("10.62.0.3");
        }
    }

    @Test
    void aProcessThatDoesNotExistLeavesNothing() throws IOException {
        try (BridgeNetwork bridge = open()) {
            String before = host.state();
            Process gone = new ProcessBuilder("/bin/true").start();
            gone.onExit().join();
            assertThatThrownBy(() -> bridge.attach(Math.toIntExact(gone.pid())))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("ip failed");
            assertThat(host.state()).isEqualTo(before);
        }
    }

    @Test
    void aNetworkInUseIsRefused() throws IOException {
        host.run("", "/usr/sbin/ip", "route", "add", "10.62.7.0/24", "via", OUTSIDE);
        String before = host.state();
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("10.62.0.0/16 overlaps a route or address of this host: 10.62.7.0/24");
        assertThat(host.state()).isEqualTo(before);
    }

    @Test
    void anAddressOfADeviceThatIsDownIsInUse() throws IOException {
        host.run("", "/usr/sbin/ip", "link", "add", "name", "idle", "type", "bridge");
        host.run("", "/usr/sbin/ip", "address", "add", "10.0.0.1/8", "dev", "idle");
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("10.62.0.0/16 overlaps")
                .hasMessageContaining("10.0.0.1/8");
    }

    @Test
    void twoNodesChooseNetworksOfTheirOwn() throws IOException {
        outside.serve("0.0.0.0", 80, "world");
        String before = host.state();
        // All but two of the networks are taken, so that the nodes want the same ones.
        for (Ipv4Network taken : FreeNetworks.candidates("n1").subList(2, 80)) {
            host.run("", "/usr/sbin/ip", "route", "add", taken.toString(), "via", OUTSIDE);
        }
        try (BridgeNetwork one = BridgeNetwork.openAnywhere(host.network(), "n1", RESOLVERS);
                BridgeNetwork two = BridgeNetwork.openAnywhere(host.network(), "n2", RESOLVERS);
                BridgeNetwork.Attachment ofOne = one.attach(first.pid());
                BridgeNetwork.Attachment ofTwo = two.attach(second.pid())) {
            assertThat(one.network()).isEqualTo(FreeNetworks.candidates("n1").getFirst());
            assertThat(two.network()).isEqualTo(FreeNetworks.candidates("n1").get(1));
            assertThat(ofOne.address()).isNotEqualTo(ofTwo.address());
            assertThat(first.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            assertThat(second.connect(OUTSIDE, 80)).isEqualTo("world " + HOST);
            first.serve(ofOne.address(), 81, "first");
            assertThat(second.connect(ofOne.address(), 81)).isEqualTo("timeout");
            assertThatThrownBy(() -> BridgeNetwork.openAnywhere(host.network(), "n3", RESOLVERS))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("10.64.0.0/10 and 172.16.0.0/12");
        }
        for (Ipv4Network taken : FreeNetworks.candidates("n1").subList(2, 80)) {
            host.run("", "/usr/sbin/ip", "route", "delete", taken.toString());
        }
        assertThat(host.state()).isEqualTo(before);
    }

    @Test
    void nodesThatChooseAtTheSameMomentGetDifferentNetworks() throws Exception {
        String before = host.state();
        for (int round = 0; round < 4; round++) {
            List<BridgeNetwork> bridges = new ArrayList<>();
            try (ExecutorService nodes = Executors.newFixedThreadPool(3)) {
                List<Future<BridgeNetwork>> opening = new ArrayList<>();
                for (String node : List.of("a", "b", "c")) {
                    opening.add(nodes.submit(() -> BridgeNetwork.openAnywhere(host.network(), node, RESOLVERS)));
                }
                for (Future<BridgeNetwork> one : opening) {
                    bridges.add(one.get());
                }
            }
            assertThat(bridges).extracting(BridgeNetwork::network).doesNotHaveDuplicates();
            for (BridgeNetwork bridge : bridges) {
                bridge.close();
            }
        }
        assertThat(host.state()).isEqualTo(before);
    }
}
