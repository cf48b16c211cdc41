package dev.instar.engine.async;

import dev.instar.engine.InvalidRequestException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Decides where results may be posted. A callback address comes from a caller, and the node can reach more than its
 * callers can: without this a caller could let the node speak to services of its own network.
 */
final class CallbackAddresses {
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** IPv4 blocks that are not part of the public network. */
    private static final List<Block> SPECIAL = List.of(
            Block.of(0, 0, 0, 8),
            Block.of(10, 0, 0, 8),
            Block.of(100, 64, 0, 10),
            Block.of(127, 0, 0, 8),
            Block.of(169, 254, 0, 16),
            Block.of(172, 16, 0, 12),
            Block.of(192, 0, 0, 24),
            Block.of(192, 0, 2, 24),
            Block.of(192, 168, 0, 16),
            Block.of(198, 18, 0, 15),
            Block.of(198, 51, 100, 24),
            Block.of(203, 0, 113, 24),
            Block.of(224, 0, 0, 3));

    private static final int UNIQUE_LOCAL = 0xfc00;
    private static final int UNIQUE_LOCAL_MASK = 0xfe00;
    private static final int DISCARD = 0x0100;
    private static final int SIX_TO_FOUR = 0x2002;
    private static final long TRANSLATED = 0x0064_ff9b_0000_0000L;

    private final boolean allowPrivate;

    /** @param allowPrivate whether loopback, link-local and private addresses are allowed */
    CallbackAddresses(boolean allowPrivate) {
        this.allowPrivate = allowPrivate;
    }

    /**
     * Parses a callback URL.
     *
     * @throws InvalidRequestException if it is not an absolute HTTP URL, or carries credentials
     */
    static URI parse(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("the callback URL is not well-formed: " + e.getMessage());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!SCHEMES.contains(scheme) || uri.getHost() == null || uri.getUserInfo() != null) {
            throw new InvalidRequestException(
                    "the callback URL must be http://… or https://… with a host and without credentials");
        }
        return uri;
    }

    /**
     * Looks the host up and checks each of its addresses. The lookup that the connection makes afterwards is answered
     * from the JVM's cache, so a name server cannot give another answer then.
     *
     * @throws InvalidRequestException if an address is not allowed
     * @throws UnknownHostException if there is none
     */
    void check(URI uri) throws UnknownHostException {
        if (allowPrivate) {
            return;
        }
        for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
            if (!isPublic(address)) {
                throw new InvalidRequestException("callbacks to " + address.getHostAddress()
                        + " are not allowed: it is not a public address, and the node does not allow private ones");
            }
        }
    }

    static boolean isPublic(InetAddress address) {
        if (address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        return address instanceof Inet6Address ? isPublicV6(bytes) : isPublicV4(bytes, 0);
    }

    private static boolean isPublicV4(byte[] bytes, int at) {
        int value = ByteBuffer.wrap(bytes).getInt(at);
        return SPECIAL.stream().noneMatch(block -> block.holds(value));
    }

    private static boolean isPublicV6(byte[] bytes) {
        ByteBuffer address = ByteBuffer.wrap(bytes);
        int first = address.getShort() & 0xffff;
        if ((first & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL || first == DISCARD) {
            return false;
        }
        // These carry an IPv4 address, to which a gateway may hand the connection on.
        if (first == SIX_TO_FOUR) {
            return isPublicV4(bytes, 2);
        }
        boolean carriesV4 = address.getLong(0) == TRANSLATED || address.getLong(0) == 0;
        return !carriesV4 || isPublicV4(bytes, 12);
    }

    /** IPv4 addresses that agree in their first bits. */
    private record Block(int address, int mask) {
        static Block of(int a, int b, int c, int bits) {
            return new Block(a << 24 | b << 16 | c << 8, -1 << (32 - bits));
        }

        boolean holds(int value) {
            return (value & mask) == address;
        }
    }
}
