/* Gives the launcher children it has not made: each end would be reported to the node. */
#include "attack.h"

int main(void) {
    int refused = 0;
    for (int i = 0; i < 100; i++) {
        long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
        if (child == 0) _exit(0);
        if (child < 0 && errno == EPERM) refused++;
    }
    say("refused with EPERM: %d of 100", refused);
    return 0;
}
