/* Queues every signal it can, and holds them. */
#include "attack.h"

int main(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    union sigval value = {0};
    int signals = 0;
    while (signals < 100000 && sigqueue(getpid(), SIGRTMIN, value) == 0) signals++;
    say("signals: %s after %d", strerrorname_np(errno), signals);
    pause();
    return 0;
}
