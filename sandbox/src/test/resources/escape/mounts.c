/* Changes what is mounted where. */
#include "attack.h"

int main(void) {
    ATTEMPT("remount /usr writable", mount("", "/usr", "", MS_REMOUNT | MS_BIND, ""));
    ATTEMPT("remount / writable", mount("", "/", "", MS_REMOUNT | MS_BIND, ""));
    ATTEMPT("remount /proc/sys writable", mount("", "/proc/sys", "", MS_REMOUNT | MS_BIND, ""));
    ATTEMPT("bind over /usr", mount("/tmp", "/usr", "", MS_BIND, ""));
    ATTEMPT("tmpfs over /usr", mount("none", "/usr", "tmpfs", 0, ""));
    ATTEMPT("proc of its own", mount("none", "/tmp", "proc", 0, ""));
    ATTEMPT("sysfs", mount("none", "/tmp", "sysfs", 0, ""));
    ATTEMPT("cgroup", mount("none", "/tmp", "cgroup", 0, "memory"));
    ATTEMPT("devtmpfs", mount("none", "/tmp", "devtmpfs", 0, ""));
    ATTEMPT("overlay", mount("none", "/tmp", "overlay", 0, "lowerdir=/usr,upperdir=/tmp,workdir=/tmp"));
    ATTEMPT("share mounts", mount("", "/", "", MS_SHARED | MS_REC, ""));
    ATTEMPT("umount2 /proc/sys", umount2("/proc/sys", MNT_DETACH));
    ATTEMPT("umount2 /proc/kcore", umount2("/proc/kcore", MNT_DETACH));
    ATTEMPT("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    ATTEMPT("chroot", chroot("/tmp"));
    ATTEMPT("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/usr", 1));
    ATTEMPT("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/usr", AT_FDCWD, "/tmp", 0));
    ATTEMPT("fsopen", syscall(SYS_fsopen, "proc", 0));
    ATTEMPT("fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
    uint64_t clear_read_only[4] = {0, 1, 0, 0};
    ATTEMPT("mount_setattr", syscall(442, AT_FDCWD, "/usr", 0, clear_read_only, sizeof clear_read_only));
    ATTEMPT("statmount", syscall(457, 0, 0, 0, 0));
    ATTEMPT("listmount", syscall(458, 0, 0, 0, 0));
    return 0;
}
