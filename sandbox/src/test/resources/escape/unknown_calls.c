/* Calls numbers that mean nothing, now or yet. */
#include "attack.h"

int main(void) {
    ATTEMPT("500", syscall(500));
    ATTEMPT("9999", syscall(9999));
    ATTEMPT("2^31 - 1", syscall(0x7fffffff & ~0x40000000));
    ATTEMPT("_sysctl", syscall(156, 0));
    ATTEMPT("nfsservctl", syscall(180, 0));
    ATTEMPT("uselib", syscall(134, "/usr/bin/env"));
    ATTEMPT("ustat", syscall(136, 0, 0));
    ATTEMPT("sysfs", syscall(139, 1, 0));
    ATTEMPT("remap_file_pages", syscall(216, 0, 0, 0, 0, 0));
    ATTEMPT("sync", syscall(162));
    ATTEMPT("syncfs", syncfs(3));
    return 0;
}
