/* Burns processor time in four processes for a second of wall time. */
#include "attack.h"
#include <time.h>

int main(void) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    fork();
    fork();
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 < 1);
    while (wait(0) > 0) {}
    return 0;
}
