/* Keeps memory in the buffers of internet sockets that nobody reads. */
#include "attack.h"
#include <netinet/in.h>

static const struct timeval BRIEFLY = {0, 200000};
static char block[65536];

static long streams(long most) {
    long kept = 0;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(1999), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 4096)) return -1;
    for (int stalled = 0; stalled < 3 && kept < most;) {
        int s = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &BRIEFLY, sizeof BRIEFLY);
        long n, before = kept;
        if (s < 0 || connect(s, (void *)&here, sizeof here)) break;
        while ((n = send(s, block, sizeof block, MSG_DONTWAIT)) > 0) kept += n;
        stalled = kept - before < 262144 ? stalled + 1 : 0; /* a connection may always keep a little */
    }
    return kept;
}

static long datagrams(long most) {
    long kept = 0;
    for (int lost = 0; lost < 50 && kept < most;) {
        struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof here;
        int s = socket(AF_INET, SOCK_DGRAM, 0);
        if (s < 0 || bind(s, (void *)&here, sizeof here)) break;
        getsockname(s, (void *)&here, &length);
        for (int i = 0; i < 8; i++) sendto(s, block, 50000, MSG_DONTWAIT, (void *)&here, length);
        int waiting = 0;
        ioctl(s, FIONREAD, &waiting);
        kept += waiting ? 150000 : 0; /* at least what a buffer of the usual size holds of them */
        lost = waiting ? 0 : lost + 1;
    }
    return kept;
}

int main(void) {
    long most = 300L << 20, kept = streams(most);
    say("streams: %s the limit's 96 MiB", kept < 0 ? "none of" : kept <= 100L << 20 ? "within" : "beyond");
    kept = datagrams(most);
    say("datagrams: %s the limit's 96 MiB", kept <= 100L << 20 ? "within" : "beyond");
    return 0;
}
