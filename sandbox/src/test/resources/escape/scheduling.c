/* Takes precedence over everybody else, and raises its limits. */
#include "attack.h"

int main(void) {
    struct sched_param one = {1};
    ATTEMPT("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &one));
    ATTEMPT("SCHED_RR", sched_setscheduler(0, SCHED_RR, &one));
    uint64_t deadline[6] = {48 | 6ULL << 32, 0, 0, 10000000, 100000000, 100000000};
    ATTEMPT("SCHED_DEADLINE", syscall(SYS_sched_setattr, 0, deadline, 0));
    ATTEMPT("nice -20", setpriority(PRIO_PROCESS, 0, -20));
    ATTEMPT("real-time input and output", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    static const struct { const char *name; int resource; } LIMITS[] = {
        {"NOFILE", RLIMIT_NOFILE}, {"FSIZE", RLIMIT_FSIZE}, {"SIGPENDING", RLIMIT_SIGPENDING},
        {"MSGQUEUE", RLIMIT_MSGQUEUE}, {"NICE", RLIMIT_NICE}, {"RTPRIO", RLIMIT_RTPRIO}, {"MEMLOCK", RLIMIT_MEMLOCK}};
    for (unsigned i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
        struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
        ATTEMPT(LIMITS[i].name, setrlimit(LIMITS[i].resource, &all));
    }
    struct rlimit none = {0, 0}, core = {9, 9};
    int set = setrlimit(RLIMIT_CORE, &none), again = syscall(SYS_prlimit64, 0, 0xffffffff00000000 | RLIMIT_CORE, &none, 0);
    getrlimit(RLIMIT_CORE, &core);
    say("the limit of core dumps: %d, %d, and still %d", set, again, (int)core.rlim_max);
    return 0;
}
