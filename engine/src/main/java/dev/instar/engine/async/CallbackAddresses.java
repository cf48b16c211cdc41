package dev.instar.engine.async;

import dev.instar.engine.InvalidRequestException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;

/**
 * Decides where results may be posted. A callback address comes from a caller, and the node can reach more than its
 * callers can: without this a caller could let the node speak to services of its own network.
 */
final class CallbackAddresses {
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
        if (!scheme.equals("http") && !scheme.equals("https") || uri.getHost() == null || uri.getUserInfo() != null) {
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
        int a = bytes[at] & 0xff;
        int b = bytes[at + 1] & 0xff;
        int c = bytes[at + 2] & 0xff;
        boolean reserved = a == 0 || a == 10 || a == 127 || a >= 224;
        boolean carrierNat = a == 100 && b >= 64 && b < 128;
        boolean linkLocal = a == 169 && b == 254;
        boolean privateNet = a == 172 && b >= 16 && b < 32 || a == 192 && b == 168;
        boolean special = a == 192 && b == 0 && (c == 0 || c == 2) || a == 198 && (b == 18 || b == 19);
        return !(reserved || carrierNat || linkLocal || privateNet || special);
    }

    private static boolean isPublicV6(byte[] bytes) {
        int first = (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        if ((first & 0xfe00) == 0xfc00 || first == 0x0100) {
            return false; // unique local; discard
        }
        if (first == 0x2002) {
            return isPublicV4(bytes, 2); // 6to4 carries an IPv4 address
        }
        boolean translated = first == 0x0064 && (bytes[2] & 0xff) == 0xff && (bytes[3] & 0xff) == 0x9b;
        boolean compatible = first == 0 && allZero(bytes, 2, 10);
        return translated || compatible ? isPublicV4(bytes, 12) : true;
    }

    private static boolean allZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
