/* Traces and reads other processes: the init, and its own child, since a tracer can change the calls of what it traces. */
#include "attack.h"
#include <sys/ptrace.h>
#include <sys/uio.h>

int main(void) {
    char here[8];
    struct iovec local = {here, sizeof here}, remote = {(void *)0x400000, sizeof here};
    ATTEMPT("attach to the init", ptrace(PTRACE_ATTACH, 1, 0, 0));
    ATTEMPT("seize the init", ptrace(PTRACE_SEIZE, 1, 0, 0));
    pid_t child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    ATTEMPT("attach to its child", ptrace(PTRACE_ATTACH, child, 0, 0));
    ATTEMPT("be traced by its parent", ptrace(PTRACE_TRACEME, 0, 0, 0));
    ATTEMPT("process_vm_readv", process_vm_readv(1, &local, 1, &remote, 1, 0));
    ATTEMPT("process_vm_writev", process_vm_writev(1, &local, 1, &remote, 1, 0));
    ATTEMPT("process_madvise", syscall(SYS_process_madvise, 3, &local, 1, MADV_COLD, 0));
    ATTEMPT("kcmp", syscall(SYS_kcmp, 1, getpid(), 0, 0, 0));
    ATTEMPT("move_pages", syscall(SYS_move_pages, 1, 0, 0, 0, 0, 0));
    ATTEMPT("migrate_pages", syscall(SYS_migrate_pages, 1, 0, 0, 0));
    ATTEMPT("get_robust_list of the init", syscall(SYS_get_robust_list, 1, here, here));
    kill(child, SIGKILL);
    return 0;
}
