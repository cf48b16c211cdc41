/* Maps far more than its limit, without reservation, and touches it all. */
#include "attack.h"

int main(void) {
    size_t size = 8UL << 30;
    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    say("mapped: %s", memory == MAP_FAILED ? "no" : "yes");
    for (size_t i = 0; i < size; i += 4096) memory[i] = 1;
    say("touched all");
    return 0;
}
