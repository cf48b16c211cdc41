/* Looks for what the last user of these ids may have left. */
#include "attack.h"
#include <dirent.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/sem.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/un.h>

static int entries(const char *directory) {
    int n = 0;
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static int lines(const char *file) {
    int n = 0;
    FILE *f = fopen(file, "r");
    for (int c; f && (c = fgetc(f)) != EOF;) n += c == '\n';
    if (f) fclose(f);
    return n;
}

int main(void) {
    char host[65] = {0};
    gethostname(host, 64);
    say("%s", host);
    say("unix sockets: %d, tcp: %d", lines("/proc/net/unix") - 1, lines("/proc/net/tcp") - 1);
    say("files: %d", entries("/tmp") + entries("/dev/shm") + entries("/var/tmp"));
    ATTEMPT("segment", shmget(0x1234, 4096, 0));
    ATTEMPT("semaphore", semget(0x1234, 1, 0));
    ATTEMPT("queue", msgget(0x1234, 0));
    say("listed: %d", lines("/proc/sysvipc/shm") + lines("/proc/sysvipc/sem") + lines("/proc/sysvipc/msg") - 3);
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0left-behind"};
    ATTEMPT("abstract socket", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&abstract, sizeof(sa_family_t) + 12));
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons(4321)};
    ATTEMPT("listener", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&port, sizeof port));
    ATTEMPT("keys", syscall(SYS_keyctl, 0, -4L, 0));
    int processes = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d));) processes += atoi(e->d_name) > 0;
    say("processes: %d, pid %d", processes, getpid());
    return 0;
}
