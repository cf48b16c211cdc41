package dev.instar.sandbox;

/** What network a sandbox has. */
public enum NetworkMode {
    /** Loopback only. The default. */
    NONE,
    /** A veth pair on the node's bridge with an address of its own, DNS and masqueraded outbound traffic. */
    BRIDGE
}
