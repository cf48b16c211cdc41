/* Starts threads until it cannot; they are tasks like processes. */
#include "attack.h"
#include <pthread.h>

static void *idle(void *nothing) {
    pause();
    return nothing;
}

int main(void) {
    int threads = 0, error = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (pthread_t t; threads < 5000 && !(error = pthread_create(&t, &small, idle, 0)); threads++) {}
    say("threads: %s, %s than the limit's 48", error ? strerrorname_np(error) : "all", threads < 48 ? "fewer" : "more");
    return 0;
}
