/* Becomes somebody else. 999 is the sandbox's init. */
#include "attack.h"
#include <grp.h>
#include <sys/fsuid.h>

int main(void) {
    ATTEMPT("setuid 0", setuid(0));
    ATTEMPT("setgid 0", setgid(0));
    ATTEMPT("setresuid 0", setresuid(-1, 0, -1));
    ATTEMPT("setuid of the init", setuid(999));
    ATTEMPT("setgid of the init", setgid(999));
    ATTEMPT("setreuid of the init", setreuid(-1, 999));
    ATTEMPT("setuid nobody", setuid(65534));
    gid_t groups[] = {0, 999, 42};
    ATTEMPT("setgroups", setgroups(3, groups));
    setfsuid(0);
    setfsuid(999);
    say("file system uid: %d", setfsuid(-1));
    say("groups: %d", getgroups(0, 0));
    return 0;
}
