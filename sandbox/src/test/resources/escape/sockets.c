/* Makes sockets that reach the kernel, the hypervisor or the wire. */
#include "attack.h"
#include <netinet/in.h>

int main(void) {
    static const struct { const char *name; int family, type, protocol; } KINDS[] = {
        {"packet", AF_PACKET, SOCK_RAW, 0x0300}, {"vsock", AF_VSOCK, SOCK_STREAM, 0}, {"alg", AF_ALG, SOCK_SEQPACKET, 0},
        {"key", AF_KEY, SOCK_RAW, 2}, {"bluetooth", AF_BLUETOOTH, SOCK_RAW, 1}, {"xdp", AF_XDP, SOCK_RAW, 0},
        {"tipc", AF_TIPC, SOCK_RDM, 0}, {"rds", AF_RDS, SOCK_SEQPACKET, 0}, {"can", AF_CAN, SOCK_RAW, 1},
        {"smc", AF_SMC, SOCK_STREAM, 0}, {"kcm", AF_KCM, SOCK_DGRAM, 0}, {"qipcrtr", AF_QIPCRTR, SOCK_DGRAM, 0},
        {"netfilter", AF_NETLINK, SOCK_RAW, 12}, {"audit", AF_NETLINK, SOCK_RAW, 9}, {"uevents", AF_NETLINK, SOCK_RAW, 15},
        {"xfrm", AF_NETLINK, SOCK_RAW, 6}, {"generic netlink", AF_NETLINK, SOCK_RAW, 16}, {"diag", AF_NETLINK, SOCK_RAW, 4},
        {"raw ICMP", AF_INET, SOCK_RAW, IPPROTO_ICMP}, {"raw IP", AF_INET, SOCK_RAW, IPPROTO_RAW},
        {"raw ICMPv6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6}, {"ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP}};
    for (unsigned i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        ATTEMPT(KINDS[i].name, socket(KINDS[i].family, KINDS[i].type, KINDS[i].protocol));
    int pair[2];
    ATTEMPT("pair of tipc", socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
    return 0;
}
