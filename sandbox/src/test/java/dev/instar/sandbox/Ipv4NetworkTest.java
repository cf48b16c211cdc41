package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class Ipv4NetworkTest {
    @Property
    void readsBackWhatItWrites(
            @ForAll @LongRange(max = 0xffff_ffffL) long address, @ForAll @IntRange(max = 32) int prefix)
            throws UnknownHostException {
        long first = prefix == 0 ? 0 : address >> (32 - prefix) << (32 - prefix);
        Ipv4Network network = new Ipv4Network(first, prefix);
        assertThat(Ipv4Network.parse(network.toString())).isEqualTo(network);
        long offset = address - first;
        byte[] bytes = InetAddress.ofLiteral(network.address(offset)).getAddress();
        assertThat(ByteBuffer.wrap(bytes).getInt()).isEqualTo((int) address);
        assertThat(network.overlaps(Ipv4Network.parse(network.address(offset)))).isTrue();
    }

    @Property
    void overlapIsWhenOneHoldsTheOther(
            @ForAll @LongRange(max = 0xffff) long a,
            @ForAll @LongRange(max = 0xffff) long b,
            @ForAll @IntRange(min = 16, max = 32) int p,
            @ForAll @IntRange(min = 16, max = 32) int q) {
        Ipv4Network one = new Ipv4Network(a >> (32 - p) << (32 - p), p);
        Ipv4Network two = new Ipv4Network(b >> (32 - q) << (32 - q), q);
        int shorter = Math.min(p, q);
        assertThat(one.overlaps(two))
                .isEqualTo(two.overlaps(one))
                .isEqualTo(a >> (32 - shorter) == b >> (32 - shorter));
    }

    @Test
    void findsTheNetworkOfAnAddress() {
        assertThat(Ipv4Network.around("10.62.9.1/24")).contains(Ipv4Network.parse("10.62.9.0/24"));
        assertThat(Ipv4Network.around("10.62.0.0/16")).contains(Ipv4Network.parse("10.62.0.0/16"));
        assertThat(Ipv4Network.around("10.62.9.1")).contains(Ipv4Network.parse("10.62.9.1"));
        for (String other : List.of("default", "10.62.9.1/33", "10.62.999.1/8", "via", "")) {
            assertThat(Ipv4Network.around(other)).isEmpty();
        }
    }

    @Test
    void candidatesAreTheSameForANodeAndCoverTheRanges() {
        List<Ipv4Network> candidates = FreeNetworks.candidates("73c94443");
        assertThat(candidates)
                .isEqualTo(FreeNetworks.candidates("73c94443"))
                .hasSize(80)
                .doesNotHaveDuplicates();
        assertThat(candidates.subList(0, 64)).allMatch(FreeNetworks.FIRST_RANGE::overlaps);
        assertThat(candidates.subList(64, 80)).allMatch(FreeNetworks.SECOND_RANGE::overlaps);
        assertThat(candidates).isNotEqualTo(FreeNetworks.candidates("73c94444"));
    }

    @Test
    void refusesWhatIsNoNetwork() {
        for (String bad : List.of(
                "", "10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/24", "a.b.c.d", "10.0.0.0/", "::1", "-1.0.0.0")) {
            assertThatThrownBy(() -> Ipv4Network.parse(bad)).isInstanceOf(IllegalArgumentException.class);
            assertThat(Ipv4Network.isValid(bad)).isFalse();
        }
    }

    @Test
    void addressesAreUsedInTurnAndOnce() throws IOException {
        AddressPool pool = new AddressPool(Ipv4Network.parse("10.0.0.0/28"), 100);
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < 13; i++) {
            assertThat(taken.add(pool.take())).isTrue();
        }
        assertThat(taken).allMatch(offset -> offset >= 2 && offset <= 14);
        assertThatThrownBy(pool::take).isInstanceOf(IOException.class).hasMessageContaining("all 13 addresses");
        pool.release(5);
        assertThat(pool.take()).isEqualTo(5);

        AddressPool fresh = new AddressPool(Ipv4Network.parse("10.0.0.0/16"), 2);
        fresh.release(fresh.take());
        assertThat(fresh.take()).isEqualTo(3);
        assertThat(fresh.take()).isEqualTo(4);
        assertThatThrownBy(fresh::take).isInstanceOf(IOException.class);
    }

    @Test
    void resolversThatASandboxCannotReachAreLeftOut() {
        Resolvers resolvers = Resolvers.parse("""
                # comment
                nameserver 127.0.0.53
                nameserver  192.0.2.53
                nameserver 2001:db8::53
                nameserver
                search example.org example.com
                options edns0 trust-ad
                sortlist 130.155.160.0
                """);
        assertThat(resolvers.resolvConf())
                .isEqualTo("nameserver 192.0.2.53\nsearch example.org example.com\noptions edns0 trust-ad\n");
    }
}
