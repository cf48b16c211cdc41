/* Uses handles of processes: of the init, and of the node, which is the other end of the channel. */
#include "attack.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#define PIDFD_GET_MNT_NAMESPACE _IO(0xFF, 3)
#define PIDFD_GET_NET_NAMESPACE _IO(0xFF, 4)
#define PIDFD_GET_USER_NAMESPACE _IO(0xFF, 9)

int main(void) {
    int init = syscall(SYS_pidfd_open, 1, 0);
    ATTEMPT("a descriptor of the init", syscall(SYS_pidfd_getfd, init, 0, 0));
    ATTEMPT("the init's mount namespace", ioctl(init, PIDFD_GET_MNT_NAMESPACE, 0));
    ATTEMPT("the init's network namespace", ioctl(init, PIDFD_GET_NET_NAMESPACE, 0));
    ATTEMPT("enter the init's namespaces", setns(init, CLONE_NEWNS | CLONE_NEWNET));
    int node = -1;
    socklen_t length = sizeof node;
    getsockopt(3, SOL_SOCKET, SO_PEERPIDFD, &node, &length);
    say("the kernel gives a handle of the node: %s", node >= 0 ? "yes" : "no");
    ATTEMPT("a signal to the node", syscall(SYS_pidfd_send_signal, node, 0, 0, 0));
    ATTEMPT("a descriptor of the node", syscall(SYS_pidfd_getfd, node, 0, 0));
    ATTEMPT("the node's user namespace", ioctl(node, PIDFD_GET_USER_NAMESPACE, 0));
    ATTEMPT("enter the node's namespaces", setns(node, CLONE_NEWNS));
    ATTEMPT("wait for the node", waitid(P_PIDFD, node, 0, WEXITED | WNOHANG));
    struct ucred peer = {0};
    length = sizeof peer;
    getsockopt(3, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    say("the node as the channel shows it: pid %d uid %d", peer.pid, peer.uid);
    struct ucred root = {.pid = 1};
    char byte = 0, control[CMSG_SPACE(sizeof root)] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS, .cmsg_len = CMSG_LEN(sizeof root)};
    memcpy(CMSG_DATA(c), &root, sizeof root);
    ATTEMPT("somebody else's credentials on the channel", sendmsg(3, &message, 0));
    return 0;
}
