package dev.instar.sandbox;

import java.util.List;

/** The filter rules of a node's bridge, as a script for {@code nft}. */
final class BridgeRules {
    /** Names the devices whose forwarding the node has switched on, so that a later run can switch it off. */
    static final String FORWARDING_SET = "forwarding";

    private BridgeRules() {}

    /**
     * The table. What is refused is answered, so that a program fails at once and does not wait.
     *
     * @param forwarding devices whose forwarding was off
     */
    static String script(BridgeNames names, Ipv4Network pool, List<String> resolvers, List<String> forwarding) {
        String elements = forwarding.isEmpty() ? "" : " elements = { \"" + String.join("\", \"", forwarding) + "\" }";
        return """
                table inet TABLE {
                  set FORWARDING { type ifname;ELEMENTS }

                  chain input {
                    type filter hook input priority filter - 5; policy accept;
                    iifname "BRIDGE" jump to-host
                  }
                  chain to-host {
                    ct state established,related accept
                    ip daddr { RESOLVERS } meta l4proto { tcp, udp } th dport 53 accept
                    reject with icmpx type admin-prohibited
                  }

                  chain forward {
                    type filter hook forward priority filter - 5; policy accept;
                    iifname "BRIDGE" jump from-sandbox
                    oifname "BRIDGE" ct state established,related accept
                    oifname "BRIDGE" drop
                  }
                  chain from-sandbox {
                    ip saddr != POOL drop
                    meta nfproto ipv6 drop
                    oifname "BRIDGE" reject with icmpx type admin-prohibited
                    ip daddr { RESOLVERS } meta l4proto { tcp, udp } th dport 53 accept
                    ip daddr 169.254.0.0/16 reject with icmpx type admin-prohibited
                  }

                  chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr POOL oifname != "BRIDGE" masquerade
                  }
                }
                """.replace("FORWARDING", FORWARDING_SET)
                .replace("ELEMENTS", elements)
                .replace("TABLE", names.table())
                .replace("BRIDGE", names.bridge())
                .replace("RESOLVERS", String.join(", ", resolvers))
                .replace("POOL", pool.toString());
    }
}
