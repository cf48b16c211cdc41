/* Leaves behind every kind of process that is hard to end, and ends itself. */
#include "attack.h"
#include <time.h>

static void stay(void) {
    close(3);
    for (;;) pause();
}

int main(void) {
    for (int s = 1; s < 32; s++) signal(s, SIG_IGN);
    if (!fork()) {
        setsid();
        if (!fork()) stay(); /* a daemon, forked twice */
        _exit(0);
    }
    if (!fork()) { /* stopped */
        close(3);
        raise(SIGSTOP);
        stay();
    }
    if (!fork()) { /* waits for a vfork child, which only SIGKILL interrupts */
        close(3);
        if (!vfork())
            for (;;) pause();
    }
    if (!fork()) { /* has a zombie it never reaps */
        close(3);
        if (!fork()) _exit(0);
        stay();
    }
    if (!fork()) { /* forks anew for ever */
        close(3);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            if (fork()) _exit(0);
            nanosleep(&(struct timespec){0, 1000000}, 0);
        }
    }
    if (!fork()) { /* keeps the processor busy with every signal blocked */
        close(3);
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, 0);
        for (;;) {}
    }
    if (!fork()) { /* writes into a full pipe that nobody reads */
        int ends[2];
        close(3);
        if (pipe(ends)) _exit(1);
        for (char block[4096] = {0};;) (void)!write(ends[1], block, sizeof block);
    }
    say("left them behind");
    return 0;
}
