/* Leaves something of every kind that can outlive a process. */
#include "attack.h"
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/sem.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/un.h>

int main(void) {
    char host[65] = {0};
    gethostname(host, 64);
    int made = 0;
    made += open("/tmp/left-behind", O_CREAT | O_WRONLY, 0666) >= 0;
    made += open("/dev/shm/left-behind", O_CREAT | O_WRONLY, 0666) >= 0;
    made += shmget(0x1234, 4096, IPC_CREAT | 0666) >= 0;
    made += semget(0x1234, 1, IPC_CREAT | 0666) >= 0;
    made += msgget(0x1234, IPC_CREAT | 0666) >= 0;
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0left-behind"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    made += bind(listener, (void *)&abstract, sizeof(sa_family_t) + 12) == 0 && listen(listener, 1) == 0;
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons(4321)};
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    made += bind(tcp, (void *)&port, sizeof port) == 0 && listen(tcp, 1) == 0;
    if (!fork()) {
        setsid();
        close(3);
        for (;;) pause();
    }

    say("%s", host);
    say("made %d of 7", made);
    pause();
    return 0;
}
