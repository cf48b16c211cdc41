/* Gets rid of the system-call filter. */
#include "attack.h"
#include <linux/filter.h>
#include <linux/seccomp.h>

int main(void) {
    struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    struct sock_fprog allow_all = {1, allow};
    ATTEMPT("a listener of its own", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &allow_all));
    ATTEMPT("PR_SET_SECCOMP, off", prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
    ATTEMPT("PR_SET_SECCOMP, a filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &allow_all, 0, 0));
    say("a further filter that allows everything: %ld", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &allow_all));
    ATTEMPT("mount, after it", mount("none", "/tmp", "tmpfs", 0, ""));
    pid_t child = fork();
    if (!child) {
        ATTEMPT("mount, in a child", mount("none", "/tmp", "tmpfs", 0, ""));
        _exit(0);
    }
    waitpid(child, 0, 0);
    return 0;
}
