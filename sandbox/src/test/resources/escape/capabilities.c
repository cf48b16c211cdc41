/* Gets back what was dropped. */
#include "attack.h"
#include <linux/capability.h>
#include <linux/securebits.h>

int main(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {0x1ff, 0x1ff, 0x1ff}}, one[2] = {{1U << 21, 1U << 21, 1U << 21}};
    ATTEMPT("capset, all", syscall(SYS_capset, &header, all));
    ATTEMPT("capset, CAP_SYS_ADMIN", syscall(SYS_capset, &header, one));
    ATTEMPT("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
    ATTEMPT("bounding set", prctl(PR_CAPBSET_DROP, 0, 0, 0, 0));
    ATTEMPT("secure bits", prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NOROOT, 0, 0, 0));
    ATTEMPT("keep capabilities", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    ATTEMPT("no_new_privs, off", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say("CAP_SYS_ADMIN in the bounding set: %d", prctl(PR_CAPBSET_READ, 21));
    return 0;
}
