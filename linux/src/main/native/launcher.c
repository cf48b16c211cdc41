/*
 * The launcher: makes processes for a node that must not fork itself, and runs lists of system calls in them.
 *
 * A Java process cannot fork safely, and only a single-threaded process may enter a user namespace. So the node starts this small
 * program once and sends it programs: lists of system calls with their arguments (class SyscallProgram writes them). One special
 * step clones a child, which is again an executor of programs, on a socket of its own. A child executes something, or pauses (a
 * sandbox's init), or serves programs; but for the first it ends when its socket closes. What the calls mean is the node's business alone.
 *
 * Protocol, on SOCK_SEQPACKET sockets, all integers little-endian as the machine has them: one message is one program with its
 * descriptors (SCM_RIGHTS), answered by one struct answer. The launcher itself also sends an answer of kind EXITED, unasked, for
 * each child that has ended. dev.instar.linux.LauncherLayout mirrors the structures; a test compares the two (--layout).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAGIC = 0x31505349, MESSAGE_SIZE = 128 * 1024, MAXIMUM_FDS = 80, MAXIMUM_STEPS = 1024 };
/* Descriptors of ours stay above what a workload finds: its channels begin at 3. */
enum { CONTROL_FD = 900, CHILD_EVENTS_FD = 901, RECEIVED_FDS = 1000 };
enum { SPECIAL_CLONE = 0x10000, SPECIAL_PAUSE = 0x10001 };
enum { ARGUMENT_VALUE = 0, ARGUMENT_DATA = 1, ARGUMENT_FD = 2, ARGUMENT_RESULT = 3 };
enum { TOLERATE_NONE = 0, TOLERATE_ALL = -1 };
enum { ANSWER_DONE = 1, ANSWER_FAILED = 2, ANSWER_EXITED = 3 };

struct header {
    uint32_t magic, steps, pointers, data;
};

struct step {
    uint32_t number;    /* of the system call, or a special one */
    int32_t tolerated;  /* errno that does not fail the program, or TOLERATE_ALL */
    int32_t store;      /* where in the data the result goes, as 32 bits; -1 for nowhere */
    uint8_t kinds[8];
    uint32_t unused;
    uint64_t arguments[6];
};

/* A place in the data that holds an offset into the data, to be made an address. */
struct pointer {
    uint32_t at, to;
};

struct answer {
    int32_t kind, step, error, pid;
    int64_t result;
    int32_t status, unused;
    int64_t cpu_nanos, peak_kib;
};

static char message[MESSAGE_SIZE] __attribute__((aligned(16)));
static int received[MAXIMUM_FDS];
static int received_count;
static int64_t results[MAXIMUM_STEPS];

static void reply(struct answer *a, int fd) {
    struct iovec part = {a, sizeof *a};
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    while (sendmsg(CONTROL_FD, &m, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

static void drop_received(void) {
    for (int i = 0; i < received_count; i++) close(received[i]);
    received_count = 0;
}

/* Receives one message; its length, or 0 when the node has gone or sends what it never would. */
static size_t receive(void) {
    struct iovec part = {message, sizeof message};
    char control[CMSG_SPACE(sizeof(int) * MAXIMUM_FDS)];
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n;
    while ((n = recvmsg(CONTROL_FD, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    if (n <= 0) return 0;
    received_count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int), fds[MAXIMUM_FDS];
        memcpy(fds, CMSG_DATA(c), count * sizeof(int));
        for (int i = 0; i < count; i++) {
            received[received_count++] = fcntl(fds[i], F_DUPFD_CLOEXEC, RECEIVED_FDS);
            close(fds[i]);
        }
    }
    return m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? 0 : n;
}

/* What a child does before it serves programs: a clean signal state, no descriptors but its socket, gone when the launcher is. */
static void become_executor(int socket) {
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < 65; s++) signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, 0);
    if (dup3(socket, CONTROL_FD, O_CLOEXEC) < 0) _exit(127);
    close_range(3, CONTROL_FD - 1, 0);
    close_range(CONTROL_FD + 1, ~0U, 0);
    received_count = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * Arguments: namespace flags, the child's socket, a pidfd whose pid namespace the child joins or -1, a v2 cgroup directory or -1.
 * Returns the child's pid here with its pidfd in *pidfd, 0 in the child, or -errno.
 */
static int64_t clone_child(const uint64_t *a, int *pidfd) {
    int own = -1;
    if ((int)a[2] >= 0) {
        own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (own < 0) return -errno;
        if (setns((int)a[2], CLONE_NEWPID)) {
            int error = errno;
            close(own);
            return -error;
        }
    }
    struct clone_args how = {.flags = a[0] | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = SIGCHLD};
    if ((int)a[3] >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = a[3];
    }
    int64_t pid = syscall(SYS_clone3, &how, sizeof how);
    int error = errno;
    if (pid == 0) {
        become_executor((int)a[1]);
        return 0;
    }
    if (own >= 0) {
        /* The launcher must not stay with the sandbox's namespace: every later child would be born there. */
        if (setns(own, CLONE_NEWPID)) abort();
        close(own);
    }
    return pid < 0 ? -error : pid;
}

/*
 * Waits until the node closes the socket or is gone. The parent-death signal alone would not do: changing credentials takes it away,
 * and a launcher that dies before it is asked for again is never heard of.
 */
static void pause_while_node_lives(void) {
    char unexpected;
    ssize_t n;
    while ((n = read(CONTROL_FD, &unexpected, 1)) > 0 || (n < 0 && errno == EINTR)) {}
    _exit(0);
}

static int well_formed(size_t length) {
    const struct header *h = (const struct header *)message;
    if (length < sizeof *h || h->magic != MAGIC || h->steps > MAXIMUM_STEPS || h->pointers > MESSAGE_SIZE || h->data > MESSAGE_SIZE) return 0;
    return length == sizeof *h + h->steps * sizeof(struct step) + h->pointers * sizeof(struct pointer) + (size_t)h->data;
}

enum { PROGRAM_DONE, PROGRAM_FAILED, IN_NEW_CHILD };

/* Runs the program in `message`. */
static int run(size_t length) {
    struct answer a = {.kind = ANSWER_FAILED, .step = -1, .error = EBADMSG};
    if (!well_formed(length)) {
        reply(&a, -1);
        return PROGRAM_FAILED;
    }
    const struct header *h = (const struct header *)message;
    struct step *steps = (struct step *)(message + sizeof *h);
    struct pointer *pointers = (struct pointer *)(steps + h->steps);
    char *data = (char *)(pointers + h->pointers);
    for (uint32_t i = 0; i < h->pointers; i++) {
        uint64_t address = (uint64_t)(uintptr_t)(data + pointers[i].to);
        memcpy(data + pointers[i].at, &address, sizeof address);
    }
    int pidfd = -1;
    for (uint32_t i = 0; i < h->steps; i++) {
        struct step *s = &steps[i];
        uint64_t v[6];
        for (int k = 0; k < 6; k++) {
            uint64_t value = s->arguments[k];
            switch (s->kinds[k]) {
            case ARGUMENT_DATA: value = (uint64_t)(uintptr_t)(data + value); break;
            case ARGUMENT_FD: value = value < (uint64_t)received_count ? (uint64_t)received[value] : (uint64_t)-1; break;
            case ARGUMENT_RESULT: value = value < i ? (uint64_t)results[value] : (uint64_t)-1; break;
            }
            v[k] = value;
        }
        int64_t result;
        if (s->number == SPECIAL_CLONE) {
            result = clone_child(v, &pidfd);
            if (result == 0) return IN_NEW_CHILD;
            if (result > 0) a.pid = (int32_t)result;
        } else if (s->number == SPECIAL_PAUSE) {
            a = (struct answer){.kind = ANSWER_DONE};
            reply(&a, -1);
            pause_while_node_lives();
        } else {
            result = syscall(s->number, v[0], v[1], v[2], v[3], v[4], v[5]);
            if (result == -1) result = -errno;
        }
        if (result < 0 && result > -4096 && s->tolerated != TOLERATE_ALL && s->tolerated != -result) {
            a.step = (int32_t)i;
            a.error = (int32_t)-result;
            reply(&a, -1);
            drop_received();
            if (pidfd >= 0) close(pidfd);
            return PROGRAM_FAILED;
        }
        results[i] = result;
        if (s->store >= 0) {
            int32_t narrow = (int32_t)result;
            memcpy(data + s->store, &narrow, sizeof narrow);
        }
    }
    a.kind = ANSWER_DONE;
    a.error = 0;
    a.result = h->steps ? results[h->steps - 1] : 0;
    reply(&a, pidfd);
    if (pidfd >= 0) close(pidfd);
    drop_received();
    return PROGRAM_DONE;
}

/* A child that is set up only halfway is good for nothing: it ends. Nor does it clone: only the launcher's children are awaited. */
static void serve_as_child(void) {
    for (;;) {
        size_t n = receive();
        if (!n) _exit(0);
        if (run(n) != PROGRAM_DONE) _exit(126);
    }
}

static void report_ended_children(void) {
    struct signalfd_siginfo ignored[8];
    while (read(CHILD_EVENTS_FD, ignored, sizeof ignored) > 0) {}
    for (;;) {
        int status;
        struct rusage use;
        pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &use);
        if (pid <= 0) return;
        struct answer a = {.kind = ANSWER_EXITED, .pid = pid, .status = status, .peak_kib = use.ru_maxrss};
        a.cpu_nanos = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000000LL
                + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000LL;
        reply(&a, -1);
    }
}

static int print_layout(void) {
    printf("header %zu\nstep %zu\nstep.tolerated %zu\nstep.store %zu\nstep.kinds %zu\nstep.arguments %zu\npointer %zu\n",
           sizeof(struct header), sizeof(struct step), offsetof(struct step, tolerated), offsetof(struct step, store),
           offsetof(struct step, kinds), offsetof(struct step, arguments), sizeof(struct pointer));
    printf("answer %zu\nanswer.step %zu\nanswer.error %zu\nanswer.pid %zu\nanswer.result %zu\nanswer.status %zu\n"
           "answer.cpu_nanos %zu\nanswer.peak_kib %zu\n",
           sizeof(struct answer), offsetof(struct answer, step), offsetof(struct answer, error), offsetof(struct answer, pid),
           offsetof(struct answer, result), offsetof(struct answer, status), offsetof(struct answer, cpu_nanos),
           offsetof(struct answer, peak_kib));
    printf("magic %d\nmessage_size %d\nmaximum_fds %d\nmaximum_steps %d\nspecial_clone %d\nspecial_pause %d\n", MAGIC,
           MESSAGE_SIZE, MAXIMUM_FDS, MAXIMUM_STEPS, SPECIAL_CLONE, SPECIAL_PAUSE);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "--layout")) return print_layout();
    if (argc != 1) {
        fprintf(stderr, "%s is started by a node, with its control socket as descriptor 3\n", argv[0]);
        return 2;
    }
    prctl(PR_SET_NAME, "instar-launcher");
    for (int s = 1; s < 65; s++) signal(s, SIG_DFL);
    if (dup3(3, CONTROL_FD, O_CLOEXEC) < 0) return 2;
    close_range(3, CONTROL_FD - 1, 0);
    close_range(CONTROL_FD + 1, ~0U, 0);
    setsid();
    if (chdir("/")) return 2;
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_SETMASK, &children, 0);
    int events = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (events < 0 || dup3(events, CHILD_EVENTS_FD, O_CLOEXEC) < 0) return 2;
    close(events);
    for (;;) {
        struct pollfd wait[2] = {{CONTROL_FD, POLLIN, 0}, {CHILD_EVENTS_FD, POLLIN, 0}};
        if (poll(wait, 2, -1) < 0) continue;
        if (wait[1].revents) report_ended_children();
        if (!wait[0].revents) continue;
        size_t n = receive();
        if (!n) return 0; /* the node has gone; the children follow by their parent-death signal */
        if (run(n) == IN_NEW_CHILD) serve_as_child();
    }
}
