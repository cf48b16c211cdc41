package dev.instar.sandbox;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where and how a node makes sandboxes.
 *
 * @param nodeId tells this node's control groups and network devices from other nodes' on the machine; 1 to 8 of
 *     {@code [a-z0-9]}
 * @param runDirectory of the node's own, entered by root only, removed at the end; its path is at most 80 bytes long
 * @param instarFiles appears read-only as {@code /instar} in every sandbox
 * @param ready how many sandboxes to keep prepared at the least; with 0, none is once nobody takes any
 * @param maximum how many sandboxes may exist
 * @param firstUid two user and group ids a sandbox are taken from here on; none of them may belong to anybody
 * @param bridgeNetwork IPv4 network in CIDR form for instances with a bridge network; empty for one that is free when
 *     it is first needed
 * @param reuse whether and for how long sandboxes are used again
 */
public record SandboxSettings(
        String nodeId,
        Path runDirectory,
        Path instarFiles,
        int ready,
        int maximum,
        int firstUid,
        Optional<String> bridgeNetwork,
        Reuse reuse) {
    /** The first of 2^24 ids that Debian gives to nobody. */
    public static final int DEFAULT_FIRST_UID = 1_600_000_000;
}
