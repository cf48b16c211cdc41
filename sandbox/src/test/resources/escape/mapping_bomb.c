/* Promises itself more memory than there is, locks memory, and recurses for ever. */
#include "attack.h"

static volatile char sink;

__attribute__((noinline)) static int recurse(int depth) {
    volatile char frame[65536];
    frame[0] = (char)depth;
    sink = frame[0];
    return recurse(depth + 1) + frame[0];
}

int main(void) {
    struct rlimit lock;
    getrlimit(RLIMIT_MEMLOCK, &lock);
    void *big = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ATTEMPT("lock 64 MiB", mlock(big, 64 << 20));
    int maps = 0;
    while (mmap(0, 4096, maps % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED && maps < 1000000) maps++;
    say("mappings: %s, %s", strerrorname_np(errno), maps < 70000 ? "bounded" : "many");
    if (!fork()) _exit(recurse(0));
    int status;
    wait(&status);
    say("recursion: signal %d", WTERMSIG(status));
    return 0;
}
