/* Commands the file systems that the host's files are on, by descriptors of files it may read. */
#include "attack.h"
#include <linux/fs.h>

#define SHUT_DOWN _IOR('X', 125, uint32_t)
#define RESIZE _IOW('f', 16, uint64_t)

/* A file system that lacks the command says ENOTTY, or EOPNOTSUPP. */
static void command(const char *what, int result) {
    if (result == -1 && (errno == ENOTTY || errno == EOPNOTSUPP)) errno = EPERM;
    report(what, result);
}

int main(void) {
    int files[] = {open("/usr/bin/env", O_RDONLY), open("/function/writable.txt", O_RDONLY)};
    static const char *const NAMES[] = {"the machine", "the code"};
    for (int i = 0; i < 2; i++) {
        char what[64];
        struct fstrim_range nothing = {0, 0, 0};
        int immutable = FS_IMMUTABLE_FL;
        uint32_t no_such_way = 99;
        uint64_t size = 1;
        struct fsxattr attributes = {.fsx_projid = 1};
        snprintf(what, sizeof what, "%s: trim", NAMES[i]);
        command(what, ioctl(files[i], FITRIM, &nothing));
        snprintf(what, sizeof what, "%s: shut down", NAMES[i]);
        command(what, ioctl(files[i], SHUT_DOWN, &no_such_way));
        snprintf(what, sizeof what, "%s: resize", NAMES[i]);
        command(what, ioctl(files[i], RESIZE, &size));
        snprintf(what, sizeof what, "%s: immutable", NAMES[i]);
        ATTEMPT(what, ioctl(files[i], FS_IOC_SETFLAGS, &immutable));
        snprintf(what, sizeof what, "%s: another project", NAMES[i]);
        ATTEMPT(what, ioctl(files[i], FS_IOC_FSSETXATTR, &attributes));
    }
    return 0;
}
