package dev.instar.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * Networks that a node's bridge may have where none is configured: parts of the private ranges (RFC 1918) that home and
 * container networks use least.
 */
final class FreeNetworks {
    /** 64 networks of the size below. */
    static final Ipv4Network FIRST_RANGE = Ipv4Network.parse("10.64.0.0/10");

    /** 16 more, for hosts that route all of 10.0.0.0/8 elsewhere. */
    static final Ipv4Network SECOND_RANGE = Ipv4Network.parse("172.16.0.0/12");

    static final int PREFIX = 16;

    private FreeNetworks() {}

    /**
     * All candidates, those of the first range first, each range in an order of the node's own: the same at each start,
     * and another one than most nodes on the machine have, even where two of them begin with the same network.
     */
    static List<Ipv4Network> candidates(String nodeId) {
        CRC32 seed = new CRC32();
        seed.update(nodeId.getBytes(StandardCharsets.UTF_8));
        List<Ipv4Network> all = new ArrayList<>();
        for (Ipv4Network range : List.of(FIRST_RANGE, SECOND_RANGE)) {
            List<Ipv4Network> parts = range.divide(PREFIX);
            // The order that a Random of a given seed makes is part of its specification.
            Collections.shuffle(parts, new Random(seed.getValue()));
            all.addAll(parts);
        }
        return all;
    }
}
