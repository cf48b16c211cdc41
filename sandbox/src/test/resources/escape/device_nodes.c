/* Makes device nodes, the one that unprivileged processes may make included. */
#include "attack.h"
#include <sys/sysmacros.h>

int main(void) {
    ATTEMPT("disk", mknod("/tmp/disk", S_IFBLK | 0666, makedev(254, 0)));
    ATTEMPT("disk by mknodat", mknodat(AT_FDCWD, "/tmp/disk", S_IFBLK | 0666, makedev(8, 0)));
    ATTEMPT("memory", mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1)));
    ATTEMPT("whiteout", mknod("/tmp/whiteout", S_IFCHR, 0));
    ATTEMPT("with high bits in the mode", syscall(SYS_mknod, "/tmp/high", 0x100000000UL | S_IFBLK | 0666, makedev(8, 0)));
    ATTEMPT("terminal pair", open("/dev/ptmx", O_RDWR));
    return 0;
}
