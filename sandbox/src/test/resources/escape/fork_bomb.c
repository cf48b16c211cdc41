/* Doubles until it cannot. */
#include "attack.h"

int main(void) {
    int *count = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *refused = count + 1;
    pid_t first = getpid();
    for (int round = 0; round < 16 || (getpid() == first && *refused == 0 && round < 1000); round++) {
        pid_t child = fork();
        if (child == 0) __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
        if (child < 0) __atomic_add_fetch(refused, errno == EAGAIN ? 1 : 1000000, __ATOMIC_SEQ_CST);
    }
    if (getpid() != first) {
        pause();
        return 0;
    }
    say("fork: %s, %s than the limit's 48 processes", *refused > 0 && *refused < 1000000 ? "EAGAIN" : "otherwise",
        *count < 48 ? "fewer" : "more");
    return 0;
}
