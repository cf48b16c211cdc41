/* Sends descriptors and garbage up the channel; the node has asked for neither. */
#include "attack.h"

int main(void) {
    char garbage[4096] = {0}, control[CMSG_SPACE(sizeof(int) * 250)] = {0};
    int fds[250];
    for (int i = 0; i < 250; i++) fds[i] = open("/dev/null", O_RDONLY);
    struct iovec part = {garbage, sizeof garbage};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fds)};
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    for (int i = 0; i < 100; i++)
        while (sendmsg(3, &message, 0) < 0) {
            if (errno != ETOOMANYREFS) return 1; /* more than it may open are on their way */
            sched_yield();
        }
    return 0;
}
