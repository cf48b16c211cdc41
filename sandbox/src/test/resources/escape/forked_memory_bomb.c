/* Takes memory in many processes, so that no single one is large. */
#include "attack.h"

int main(void) {
    say("taking");
    for (int i = 0; i < 40; i++) {
        if (fork()) continue;
        char *mine = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mine != MAP_FAILED) memset(mine, 1, 8 << 20);
        pause();
    }
    for (;;) {
        int status;
        if (wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) break;
    }
    say("one was killed");
    return 0;
}
