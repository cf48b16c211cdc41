/* Fills queues of signals and makes timers: the kernel counts both by user, and a user is one sandbox. */
#include "attack.h"
#include <time.h>

int main(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    int signals = 0;
    union sigval value = {0};
    while (signals < 1000000 && sigqueue(getpid(), SIGRTMIN, value) == 0) signals++;
    say("signals: %s, %s 1024", strerrorname_np(errno), signals <= 1024 ? "within" : "beyond");
    int timers = 0;
    timer_t timer;
    while (timers < 1000000 && timer_create(CLOCK_MONOTONIC, 0, &timer) == 0) timers++;
    say("timers: %s, %s 1024", strerrorname_np(errno), timers <= 1024 ? "within" : "beyond");
    return 0;
}
