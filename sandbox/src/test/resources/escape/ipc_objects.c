/* Keeps memory in objects that outlive processes: segments, queues, semaphores. */
#include "attack.h"
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

int main(void) {
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = 8192};
    ATTEMPT("POSIX queue", mq_open("/left-behind", O_CREAT | O_RDWR, 0666, &attributes));
    static struct { long type; char text[8192]; } message = {.type = 1};
    int queues = 0;
    long sent = 0;
    for (int q; queues < 100 && (q = msgget(IPC_PRIVATE, IPC_CREAT | 0666)) >= 0; queues++)
        while (sent < 16 << 20 && msgsnd(q, &message, sizeof message.text, IPC_NOWAIT) == 0) sent += sizeof message.text;
    say("a queue's bytes: %s", strerrorname_np(errno));
    say("segments");
    for (int i = 0; i < 64; i++) {
        int segment = shmget(IPC_PRIVATE, 8 << 20, IPC_CREAT | 0666);
        if (segment < 0) return 1;
        char *memory = shmat(segment, 0, 0);
        memset(memory, 1, 8 << 20);
        shmdt(memory);
    }
    say("512 MiB of segments");
    return 0;
}
