/* Takes every inotify instance it can get, says how many, and holds them. */
#include "attack.h"
#include <sys/inotify.h>

int main(void) {
    int instances = 0;
    while (instances < 1000 && inotify_init() >= 0) instances++;
    say("instances: %s after %d", strerrorname_np(errno), instances);
    pause();
    return 0;
}
