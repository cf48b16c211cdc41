package dev.instar.sandbox;

import java.io.IOException;
import java.util.BitSet;

/**
 * Hands out the addresses of a network, each to one holder at a time, the one unused for longest first, so that a late
 * packet for a sandbox that is gone does not reach its successor. Thread-safe; never blocks.
 */
final class AddressPool {
    /** The first belongs to the network, the second to the bridge. */
    private static final int FIRST = 2;

    private final Ipv4Network network;
    private final int capacity;
    private final BitSet used = new BitSet();
    private final int end;
    private int next = FIRST;

    /** @param capacity how many addresses may be in use at a time */
    AddressPool(Ipv4Network network, int capacity) {
        this.network = network;
        this.capacity = capacity;
        // Without the broadcast address.
        this.end = (int) Math.min(network.size() - 1, 1 << 16);
    }

    /**
     * Takes an address.
     *
     * @return its number in the network
     * @throws IOException if none is left
     */
    synchronized int take() throws IOException {
        if (used.cardinality() >= Math.min(capacity, end - FIRST)) {
            throw new IOException("all " + used.cardinality() + " addresses of " + network
                    + " that one bridge can serve are in use; run fewer instances with a bridge network");
        }
        int offset = used.nextClearBit(next);
        if (offset >= end) {
            offset = used.nextClearBit(FIRST);
        }
        used.set(offset);
        next = offset + 1;
        return offset;
    }

    synchronized void release(int offset) {
        used.clear(offset);
    }
}
