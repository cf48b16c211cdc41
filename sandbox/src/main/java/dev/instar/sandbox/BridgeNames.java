package dev.instar.sandbox;

import java.util.regex.Pattern;

/**
 * What a node calls its things in the host's network, so that they can be told from other nodes' and found again. The
 * kernel allows 15 characters for a device.
 *
 * @param nodeId 1 to 8 of {@code [a-z0-9]}
 */
record BridgeNames(String nodeId) {
    private static final String TABLE_PREFIX = "instar-";
    private static final Pattern NODE_ID = Pattern.compile("[a-z0-9]{1,8}");

    BridgeNames {
        if (!NODE_ID.matcher(nodeId).matches()) {
            throw new IllegalArgumentException("a node id has 1 to 8 of a-z and 0-9: " + nodeId);
        }
    }

    String bridge() {
        return "instar-" + nodeId;
    }

    /** The filter table. */
    String table() {
        return TABLE_PREFIX + nodeId;
    }

    /** Whether a table belongs to some node. */
    static boolean isTable(String name) {
        return name.startsWith(TABLE_PREFIX);
    }

    /** The host's end of the pair for address number {@code offset}. */
    String port(int offset) {
        return String.format("%s%04x", portPrefix(), offset);
    }

    /** The hyphen keeps node {@code a1} from taking the ports of node {@code a} for its own. */
    String portPrefix() {
        return "iv" + nodeId + "-";
    }
}
