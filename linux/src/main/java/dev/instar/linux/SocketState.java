package dev.instar.linux;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What the kernel tells of a socket. Addresses are structures as getsockname(2) gives them.
 *
 * @param domain AF_UNIX (1), AF_INET (2), AF_INET6 (10), …
 * @param type SOCK_STREAM (1), SOCK_DGRAM (2), …
 * @param protocol of the domain
 * @param listening whether it accepts connections
 * @param local where it is bound
 * @param peer where it is connected to; empty if nowhere
 */
public record SocketState(int domain, int type, int protocol, boolean listening, byte[] local, byte[] peer) {
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int FAMILY_BYTES = 2;

    public SocketState {
        local = local.clone();
        peer = peer.clone();
    }

    @Override
    public byte[] local() {
        return local.clone();
    }

    @Override
    public byte[] peer() {
        return peer.clone();
    }

    /** Whether it has a peer; those of other domains, as netlink, always name one. */
    public boolean connected() {
        return peer.length > 0 && (domain == AF_UNIX || domain == AF_INET || domain == AF_INET6);
    }

    /** Whether it has a local address. */
    public boolean bound() {
        return IntStream.range(FAMILY_BYTES, local.length).anyMatch(i -> local[i] != 0);
    }

    /** As a person would say it: {@code a connected TCP socket to 10.0.0.1:5432}. */
    public String describe() {
        String state = listening ? "listening " : connected() ? "connected " : bound() ? "bound " : "";
        String at = connected() ? " to " + describe(peer) : bound() ? " at " + describe(local) : "";
        return kind().isEmpty()
                ? "an unusual socket (address family " + domain + ")"
                : "a " + state + kind() + " socket" + at;
    }

    private String kind() {
        return switch (domain) {
            case AF_UNIX -> "Unix";
            case AF_INET, AF_INET6 -> type == 1 ? "TCP" : type == 2 ? "UDP" : "raw";
            case 16 -> "netlink";
            default -> "";
        };
    }

    private static String describe(byte[] address) {
        int family = address.length < FAMILY_BYTES ? 0 : address[0] & 0xff;
        try {
            return switch (family) {
                case AF_INET ->
                    InetAddress.getByAddress(Arrays.copyOfRange(address, 4, 8)).getHostAddress() + ":" + port(address);
                case AF_INET6 ->
                    "["
                            + InetAddress.getByAddress(Arrays.copyOfRange(address, 8, 24))
                                    .getHostAddress() + "]:" + port(address);
                case AF_UNIX -> unixName(address);
                default -> "an address of family " + family;
            };
        } catch (UnknownHostException impossible) {
            throw new AssertionError("an address of the right length", impossible);
        }
    }

    private static int port(byte[] address) {
        return ((address[2] & 0xff) << 8) | (address[3] & 0xff);
    }

    /** An abstract name begins with a zero byte; one in the file system ends with one. */
    private static String unixName(byte[] address) {
        if (address.length == FAMILY_BYTES) {
            return "an unnamed one";
        }
        String name = new String(address, FAMILY_BYTES, address.length - FAMILY_BYTES, StandardCharsets.UTF_8);
        return name.startsWith("\0") ? "@" + name.substring(1) : name.replace("\0", "");
    }
}
