/* Makes and enters namespaces. */
#include "attack.h"

static const struct { const char *name; int flag; } KINDS[] = {
    {"mnt", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS}, {"user", CLONE_NEWUSER}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};

static void clone_with(const char *what, unsigned long flags) {
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    report(what, child);
}

int main(void) {
    char what[64], path[64];
    for (unsigned i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        snprintf(what, sizeof what, "unshare %s", KINDS[i].name);
        ATTEMPT(what, unshare(KINDS[i].flag));
    }
    for (unsigned i = 0; i < 7; i++) {
        snprintf(what, sizeof what, "clone %s", KINDS[i].name);
        clone_with(what, KINDS[i].flag);
    }
    clone_with("clone user and mnt", CLONE_NEWUSER | CLONE_NEWNS);
    clone_with("clone as the launcher's child", CLONE_PARENT);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(what, sizeof what, "setns %s", KINDS[i].name);
        snprintf(path, sizeof path, "/proc/self/ns/%s", KINDS[i].name);
        ATTEMPT(what, setns(open(path, O_RDONLY), 0));
    }
    uint64_t how[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    ATTEMPT("clone3", syscall(SYS_clone3, how, sizeof how));
    ATTEMPT("the owner of its user namespace", ioctl(open("/proc/self/ns/net", O_RDONLY), _IO(0xb7, 1)));
    ATTEMPT("the parent of its pid namespace", ioctl(open("/proc/self/ns/pid", O_RDONLY), _IO(0xb7, 2)));
    ATTEMPT("the parent of its user namespace", ioctl(open("/proc/self/ns/user", O_RDONLY), _IO(0xb7, 2)));
    return 0;
}
