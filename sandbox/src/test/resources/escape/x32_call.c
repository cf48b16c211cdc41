/* Calls with x32 numbers, which a filter that knows only the plain ones would let pass. */
#include "attack.h"

int main(void) {
    say("calling");
    long result = syscall(0x40000000 | SYS_getpid);
    say("x32 getpid returned %ld, %s", result, strerrorname_np(errno));
    return 0;
}
