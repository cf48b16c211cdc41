/*
 * The launcher: makes processes for a node that must not fork itself, and runs lists of system calls in them.
 *
 * A Java process cannot fork safely, and only a single-threaded process may enter a user namespace. So the node starts this small
 * program once and sends it programs: lists of system calls with their arguments (class SyscallProgram writes them). One special
 * step clones a child, which is again an executor of programs, on a socket of its own. A child executes something, or pauses (a
 * sandbox's init), or serves programs; but for the first it ends when its socket closes. What the calls mean is the node's business alone.
 *
 * A child can also become a zygote: programs map a captured process's memory around it, and its own children, clones of that
 * memory, end with the step WAKE, which recreates the captured threads and continues where they were parked. This is why the
 * program stands apart from everything else: it has no libc (which would have thread-local storage and an rseq area in memory
 * that is to be the captured process's), is linked at an address of its own, and uses neither its first stack nor a heap.
 *
 * Protocol, on SOCK_SEQPACKET sockets, all integers little-endian as the machine has them: one message is one program with its
 * descriptors (SCM_RIGHTS), answered by one struct answer. The launcher itself also sends an answer of kind EXITED, unasked, for
 * each child that has ended. dev.instar.linux.LauncherLayout mirrors the structures; a test compares the two (--layout).
 */
#include <asm/poll.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signalfd.h>
#include <linux/wait.h>
#include <stddef.h>
#include <stdint.h>

enum { MAGIC = 0x31505349, MESSAGE_SIZE = 128 * 1024, MAXIMUM_FDS = 80, MAXIMUM_STEPS = 1024 };
/* Descriptors of ours stay above what a workload finds: its channels begin at 3. */
enum { CONTROL_FD = 900, CHILD_EVENTS_FD = 901, PID_NAMESPACE_FD = 902, RECEIVED_FDS = 1000 };
enum { SPECIAL_CLONE = 0x10000, SPECIAL_PAUSE = 0x10001, SPECIAL_PERSIST = 0x10002, SPECIAL_WAKE = 0x10003, SPECIAL_LOAD = 0x10004 };
/* Of a clone: what the child keeps. */
enum { KEEP_SIGNAL_MASK = 1, KEEP_PID_NAMESPACE = 2 };
enum { ARGUMENT_VALUE = 0, ARGUMENT_DATA = 1, ARGUMENT_FD = 2, ARGUMENT_RESULT = 3 };
enum { TOLERATE_NONE = 0, TOLERATE_ALL = -1 };
enum { ANSWER_DONE = 1, ANSWER_FAILED = 2, ANSWER_EXITED = 3 };
enum { SIGNAL_SET_SIZE = 8, SIGNALS = 64, STACK_SIZE = 16 * 1024 };
enum { PAGE = 4096, MADVISE_DONTNEED = 4 };
/* Of user space with page tables of four levels. */
#define END_OF_ADDRESSES 0x7ffffffff000ULL
/* By launcher.ld. */
extern char program_end[];
enum { SIGKILL_NUMBER = 9, SIGCHLD_NUMBER = 17, SIG_SETMASK_HOW = 2, SIG_BLOCK_HOW = 0 };

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

/* A captured thread, in memory that a program has mapped. The assembly below knows the offsets. */
struct thread {
    uint64_t robust_list;
    uint64_t rseq;
    uint32_t rseq_size, rseq_signature;
    uint64_t clear_thread_id;
    uint64_t thread_pointer;
    uint64_t frame;     /* where rt_sigreturn finds the registers */
    char name[16];
};

/* What the kernel's socket calls use; the C library would define these. */
struct io_vector {
    void *base;
    size_t length;
};

struct message_header {
    void *name;
    uint32_t name_length, pad;
    struct io_vector *parts;
    size_t part_count;
    void *control;
    size_t control_length;
    uint32_t flags, pad2;
};

struct control_header {
    size_t length;
    int32_t level, type;
};

struct kernel_sigaction {
    uint64_t handler, flags, restorer, mask;
};

enum { SOCKET_LEVEL = 1, RIGHTS = 1, NO_SIGNAL = 0x4000, CLOSE_ON_EXEC = 0x40000000, DATA_CUT = 0x20, CONTROL_CUT = 8 };

#define CONTROL_SPACE(bytes) (sizeof(struct control_header) + (((bytes) + 7) & ~(size_t)7))

static char message[MESSAGE_SIZE] __attribute__((aligned(PAGE)));
static int64_t results[MAXIMUM_STEPS] __attribute__((aligned(PAGE)));
static char stack[STACK_SIZE] __attribute__((aligned(16), used));
static int received[MAXIMUM_FDS];
static int received_count;
static int persistent;

static inline int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    int64_t result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))
#define PAGE_UP(pointer) ((ADDRESS(pointer) + PAGE - 1) & ~(uint64_t)(PAGE - 1))
#define CALL0(n) call(n, 0, 0, 0, 0, 0, 0)
#define CALL1(n, a) call(n, (uint64_t)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) call(n, (uint64_t)(a), (uint64_t)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0, 0)

/* The compiler calls these for structures. */
__attribute__((used)) void *memset(void *to, int value, size_t length) {
    for (size_t i = 0; i < length; i++) ((char *)to)[i] = (char)value;
    return to;
}

__attribute__((used)) void *memcpy(void *to, const void *from, size_t length) {
    for (size_t i = 0; i < length; i++) ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

__attribute__((noreturn)) static void leave(int status) {
    for (;;) CALL1(__NR_exit_group, status);
}

static void reply(struct answer *a, int fd) {
    struct io_vector part = {a, sizeof *a};
    char control[CONTROL_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
    struct message_header m = {.parts = &part, .part_count = 1};
    if (fd >= 0) {
        struct control_header *c = (struct control_header *)control;
        *c = (struct control_header){sizeof *c + sizeof fd, SOCKET_LEVEL, RIGHTS};
        memcpy(c + 1, &fd, sizeof fd);
        m.control = control;
        m.control_length = sizeof control;
    }
    while (CALL3(__NR_sendmsg, CONTROL_FD, ADDRESS(&m), NO_SIGNAL) == -EINTR) {}
}

static void drop_received(void) {
    for (int i = 0; i < received_count; i++) CALL1(__NR_close, received[i]);
    received_count = 0;
}

/* Receives one message; its length, or 0 when the node has gone or sends what it never would. */
static size_t receive(void) {
    struct io_vector part = {message, sizeof message};
    char control[CONTROL_SPACE(sizeof(int) * MAXIMUM_FDS)] __attribute__((aligned(8)));
    struct message_header m = {.parts = &part, .part_count = 1, .control = control, .control_length = sizeof control};
    int64_t n;
    while ((n = CALL3(__NR_recvmsg, CONTROL_FD, ADDRESS(&m), CLOSE_ON_EXEC)) == -EINTR) {}
    if (n <= 0) return 0;
    received_count = 0;
    size_t at = 0;
    while (at + sizeof(struct control_header) <= m.control_length) {
        struct control_header *c = (struct control_header *)(control + at);
        if (c->length < sizeof *c) break;
        if (c->level == SOCKET_LEVEL && c->type == RIGHTS) {
            int count = (int)((c->length - sizeof *c) / sizeof(int)), fd;
            for (int i = 0; i < count && received_count < MAXIMUM_FDS; i++) {
                memcpy(&fd, (char *)(c + 1) + i * sizeof fd, sizeof fd);
                received[received_count++] = (int)CALL3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, RECEIVED_FDS);
                CALL1(__NR_close, fd);
            }
        }
        at += (c->length + 7) & ~(size_t)7;
    }
    return m.flags & (DATA_CUT | CONTROL_CUT) ? 0 : (size_t)n;
}

static void default_signals(void) {
    struct kernel_sigaction standard = {0};
    for (int s = 1; s <= SIGNALS; s++) CALL4(__NR_rt_sigaction, s, ADDRESS(&standard), 0, SIGNAL_SET_SIZE);
}

/*
 * What a child does before it serves programs: no descriptors but its socket, gone when the launcher is. Signal actions are the
 * default ones already.
 */
static void become_executor(int socket, uint64_t keep, int64_t parent) {
    if (!(keep & KEEP_SIGNAL_MASK)) {
        uint64_t none = 0;
        CALL4(__NR_rt_sigprocmask, SIG_SETMASK_HOW, ADDRESS(&none), 0, SIGNAL_SET_SIZE);
    }
    if (CALL3(__NR_dup3, socket, CONTROL_FD, O_CLOEXEC) < 0) leave(127);
    CALL3(__NR_close_range, 3, CONTROL_FD - 1, 0);
    if (keep & KEEP_PID_NAMESPACE) {
        CALL1(__NR_close, CHILD_EVENTS_FD);
        CALL3(__NR_close_range, PID_NAMESPACE_FD + 1, ~0U, 0);
    } else {
        CALL3(__NR_close_range, CONTROL_FD + 1, ~0U, 0);
    }
    received_count = 0;
    persistent = 0;
    CALL2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL_NUMBER);
    /* A parent that died before the line above sends nothing any more. */
    if (CALL0(__NR_getppid) != parent) leave(0);
}

/*
 * Arguments: clone flags, the child's socket, a pidfd whose pid namespace the child joins or -1, a v2 cgroup directory or -1, where
 * the kernel keeps the child's thread id or 0, and what the child keeps.
 * Returns the child's pid here with its pidfd in *pidfd, 0 in the child, or -errno.
 */
static int64_t clone_child(const uint64_t *a, int *pidfd) {
    int joins = (int)a[2] >= 0;
    if (joins) {
        int64_t error = CALL2(__NR_setns, (int)a[2], CLONE_NEWPID);
        if (error) return error;
    }
    struct clone_args how = {.flags = a[0] | CLONE_PIDFD, .pidfd = ADDRESS(pidfd)};
    /* A sibling has the exit signal of the process it is a sibling of. */
    if (!(a[0] & CLONE_PARENT)) how.exit_signal = SIGCHLD_NUMBER;
    if ((int)a[3] >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = a[3];
    }
    if (a[4]) {
        how.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
        how.child_tid = a[4];
    }
    /* Seen from another pid namespace, a parent is nobody. */
    int64_t parent = joins || a[0] & CLONE_NEWPID ? 0 : CALL0(a[0] & CLONE_PARENT ? __NR_getppid : __NR_getpid);
    int64_t pid = CALL2(__NR_clone3, ADDRESS(&how), sizeof how);
    if (pid == 0) {
        become_executor((int)a[1], a[5], parent);
        return 0;
    }
    /* The parent must not stay with the sandbox's namespace: every later child would be born there. */
    if (joins && CALL2(__NR_setns, PID_NAMESPACE_FD, CLONE_NEWPID)) leave(99);
    return pid;
}

/*
 * Each sandbox has a process that only waits. It needs neither its first stack nor the kernel's page of code, whose page tables cost
 * more than what is there, nor the programs it was sent.
 */
static void give_memory_back(void) {
    CALL2(__NR_munmap, PAGE_UP(program_end), END_OF_ADDRESSES - PAGE_UP(program_end));
    CALL3(__NR_madvise, message, sizeof message, MADVISE_DONTNEED);
    CALL3(__NR_madvise, results, sizeof results, MADVISE_DONTNEED);
}

/*
 * Waits until the node closes the socket or is gone. The parent-death signal alone would not do: changing credentials takes it away,
 * and a launcher that dies before it is asked for again is never heard of.
 */
static void pause_while_node_lives(void) {
    char unexpected;
    int64_t n;
    give_memory_back();
    while ((n = CALL3(__NR_read, CONTROL_FD, ADDRESS(&unexpected), 1)) > 0 || n == -EINTR) {}
    leave(0);
}

enum { PLAIN_CLONE_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS
                | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID };

/* Makes a captured thread; in the caller returns its id or -errno. The thread has no stack: it uses registers only. */
int64_t make_thread(const struct thread *t, uint64_t flags);
/* Unmaps the memory this program works in and continues as the captured thread. */
__attribute__((noreturn)) void continue_as(const struct thread *t, uint64_t unmap_start, uint64_t unmap_length);

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
__asm__(".text\n"
        ".hidden make_thread\n.globl make_thread\n"
        "make_thread:\n"
        "  push %rbx\n"
        "  mov %rdi, %rbx\n"
        "  mov %rsi, %rdi\n"
        "  mov 40(%rbx), %rsi\n"        /* stack: the frame, which nothing writes to */
        "  mov 24(%rbx), %rdx\n"        /* the thread's id goes where its C library keeps it */
        "  mov %rdx, %r10\n"            /* and is cleared there at its end */
        "  mov 32(%rbx), %r8\n"
        "  mov $" NUMBER(__NR_clone) ", %eax\n"
        "  syscall\n"
        "  test %rax, %rax\n"
        "  jz continue_thread\n"
        "  pop %rbx\n"
        "  ret\n"
        ".hidden continue_as\n.globl continue_as\n"
        "continue_as:\n"
        "  mov %rdi, %rbx\n"
        "  mov %rsi, %rdi\n"
        "  mov %rdx, %rsi\n"
        "  mov $" NUMBER(__NR_munmap) ", %eax\n"
        "  syscall\n"
        "continue_thread:\n"
        "  mov $15, %edi\n"             /* PR_SET_NAME */
        "  lea 48(%rbx), %rsi\n"
        "  mov $" NUMBER(__NR_prctl) ", %eax\n"
        "  syscall\n"
        "  mov 0(%rbx), %rdi\n"
        "  test %rdi, %rdi\n"
        "  jz 1f\n"
        "  mov $24, %esi\n"
        "  mov $" NUMBER(__NR_set_robust_list) ", %eax\n"
        "  syscall\n"
        "1: mov 8(%rbx), %rdi\n"
        "  test %rdi, %rdi\n"
        "  jz 2f\n"
        "  mov 16(%rbx), %esi\n"
        "  xor %edx, %edx\n"
        "  mov 20(%rbx), %r10d\n"
        "  mov $" NUMBER(__NR_rseq) ", %eax\n"
        "  syscall\n"
        "2: mov 40(%rbx), %rsp\n"
        "  mov $" NUMBER(__NR_rt_sigreturn) ", %eax\n"
        "  syscall\n"
        "  ud2\n");

/* Arguments: the threads, their number, and the memory this program works in. Nothing but our own code has run in this process. */
__attribute__((noreturn)) static void wake(const uint64_t *a) {
    const struct thread *threads = (const struct thread *)(uintptr_t)a[0];
    /* The captured threads must find none of ours. */
    CALL3(__NR_close_range, CONTROL_FD, ~0U, 0);
    for (uint64_t i = 1; i < a[1]; i++) {
        if (make_thread(&threads[i], PLAIN_CLONE_FLAGS) < 0) leave(125);
    }
    continue_as(threads, a[2], a[3]);
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
        uint64_t address = ADDRESS(data + pointers[i].to);
        memcpy(data + pointers[i].at, &address, sizeof address);
    }
    int pidfd = -1;
    for (uint32_t i = 0; i < h->steps; i++) {
        struct step *s = &steps[i];
        uint64_t v[6];
        for (int k = 0; k < 6; k++) {
            uint64_t value = s->arguments[k];
            switch (s->kinds[k]) {
            case ARGUMENT_DATA: value = ADDRESS(data + value); break;
            case ARGUMENT_FD: value = value < (uint64_t)received_count ? (uint64_t)received[value] : (uint64_t)-1; break;
            case ARGUMENT_RESULT: value = value < i ? (uint64_t)results[value] : (uint64_t)-1; break;
            }
            v[k] = value;
        }
        int64_t result = 0;
        switch (s->number) {
        case SPECIAL_CLONE:
            result = clone_child(v, &pidfd);
            if (result == 0) return IN_NEW_CHILD;
            if (result > 0) a.pid = (int32_t)result;
            break;
        case SPECIAL_PAUSE:
            a = (struct answer){.kind = ANSWER_DONE};
            reply(&a, -1);
            pause_while_node_lives();
            break;
        case SPECIAL_PERSIST:
            persistent = 1;
            break;
        case SPECIAL_LOAD: {
            int32_t loaded;
            memcpy(&loaded, (const void *)(uintptr_t)v[0], sizeof loaded);
            result = loaded;
            break;
        }
        case SPECIAL_WAKE:
            wake(v);
        default:
            result = call(s->number, v[0], v[1], v[2], v[3], v[4], v[5]);
        }
        if (result < 0 && result > -4096 && s->tolerated != TOLERATE_ALL && s->tolerated != -result) {
            a.step = (int32_t)i;
            a.error = (int32_t)-result;
            reply(&a, -1);
            drop_received();
            if (pidfd >= 0) CALL1(__NR_close, pidfd);
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
    if (pidfd >= 0) CALL1(__NR_close, pidfd);
    drop_received();
    return PROGRAM_DONE;
}

/* A child that is set up only halfway is good for nothing: it ends. A zygote outlives a clone that could not be made. */
__attribute__((noreturn)) static void serve_as_child(void) {
    for (;;) {
        size_t n = receive();
        if (!n) leave(0);
        if (run(n) == PROGRAM_FAILED && !persistent) leave(126);
    }
}

static void report_ended_children(void) {
    struct signalfd_siginfo ignored;
    while (CALL3(__NR_read, CHILD_EVENTS_FD, ADDRESS(&ignored), sizeof ignored) > 0) {}
    for (;;) {
        int status;
        struct rusage use;
        int64_t pid = CALL4(__NR_wait4, -1, ADDRESS(&status), WNOHANG | __WALL, ADDRESS(&use));
        if (pid <= 0) return;
        struct answer a = {.kind = ANSWER_EXITED, .pid = (int32_t)pid, .status = status, .peak_kib = use.ru_maxrss};
        a.cpu_nanos = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000000LL
                + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000LL;
        reply(&a, -1);
    }
}

static void print(int fd, const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    CALL3(__NR_write, fd, ADDRESS(text), length);
}

static void print_value(const char *name, uint64_t value) {
    char digits[24] = {0};
    int at = sizeof digits - 2;
    digits[at] = '\n';
    do digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    print(1, name);
    print(1, " ");
    print(1, digits + at);
}

static int print_layout(void) {
    print_value("header", sizeof(struct header));
    print_value("step", sizeof(struct step));
    print_value("step.tolerated", offsetof(struct step, tolerated));
    print_value("step.store", offsetof(struct step, store));
    print_value("step.kinds", offsetof(struct step, kinds));
    print_value("step.arguments", offsetof(struct step, arguments));
    print_value("pointer", sizeof(struct pointer));
    print_value("answer", sizeof(struct answer));
    print_value("answer.step", offsetof(struct answer, step));
    print_value("answer.error", offsetof(struct answer, error));
    print_value("answer.pid", offsetof(struct answer, pid));
    print_value("answer.result", offsetof(struct answer, result));
    print_value("answer.status", offsetof(struct answer, status));
    print_value("answer.cpu_nanos", offsetof(struct answer, cpu_nanos));
    print_value("answer.peak_kib", offsetof(struct answer, peak_kib));
    print_value("thread", sizeof(struct thread));
    print_value("thread.robust_list", offsetof(struct thread, robust_list));
    print_value("thread.rseq", offsetof(struct thread, rseq));
    print_value("thread.rseq_size", offsetof(struct thread, rseq_size));
    print_value("thread.rseq_signature", offsetof(struct thread, rseq_signature));
    print_value("thread.clear_thread_id", offsetof(struct thread, clear_thread_id));
    print_value("thread.thread_pointer", offsetof(struct thread, thread_pointer));
    print_value("thread.frame", offsetof(struct thread, frame));
    print_value("thread.name", offsetof(struct thread, name));
    print_value("magic", MAGIC);
    print_value("message_size", MESSAGE_SIZE);
    print_value("maximum_fds", MAXIMUM_FDS);
    print_value("maximum_steps", MAXIMUM_STEPS);
    print_value("special_clone", SPECIAL_CLONE);
    print_value("special_pause", SPECIAL_PAUSE);
    print_value("special_persist", SPECIAL_PERSIST);
    print_value("special_wake", SPECIAL_WAKE);
    print_value("special_load", SPECIAL_LOAD);
    print_value("keep_signal_mask", KEEP_SIGNAL_MASK);
    print_value("keep_pid_namespace", KEEP_PID_NAMESPACE);
    print_value("control_fd", CONTROL_FD);
    return 0;
}

/* The assembly above has these offsets as numbers. */
_Static_assert(offsetof(struct thread, rseq) == 8 && offsetof(struct thread, rseq_size) == 16
        && offsetof(struct thread, rseq_signature) == 20 && offsetof(struct thread, clear_thread_id) == 24
        && offsetof(struct thread, thread_pointer) == 32 && offsetof(struct thread, frame) == 40
        && offsetof(struct thread, name) == 48, "struct thread");

static int serve_node(void) {
    for (;;) {
        struct pollfd wait[2] = {{CONTROL_FD, POLLIN, 0}, {CHILD_EVENTS_FD, POLLIN, 0}};
        if (CALL3(__NR_poll, ADDRESS(wait), 2, -1) < 0) continue;
        if (wait[1].revents) report_ended_children();
        if (!wait[0].revents) continue;
        size_t n = receive();
        if (!n) return 0; /* the node has gone; the children follow by their parent-death signal */
        if (run(n) == IN_NEW_CHILD) serve_as_child();
    }
}

static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

/* `arguments` is what the kernel puts on the first stack: the number of arguments, then their addresses. */
__attribute__((noreturn, used)) static void start(const uint64_t *arguments) {
    const char *second = arguments[0] > 1 ? (const char *)(uintptr_t)arguments[2] : "";
    if (arguments[0] == 2 && same(second, "--layout")) leave(print_layout());
    if (arguments[0] != 1) {
        print(2, "the launcher is started by a node, with its control socket as descriptor 3\n");
        leave(2);
    }
    CALL2(__NR_prctl, PR_SET_NAME, ADDRESS("instar-launcher"));
    default_signals();
    if (CALL3(__NR_dup3, 3, CONTROL_FD, O_CLOEXEC) < 0) leave(2);
    CALL3(__NR_close_range, 3, CONTROL_FD - 1, 0);
    CALL3(__NR_close_range, CONTROL_FD + 1, ~0U, 0);
    CALL0(__NR_setsid);
    if (CALL1(__NR_chdir, ADDRESS("/"))) leave(2);
    int64_t own = CALL2(__NR_open, ADDRESS("/proc/self/ns/pid"), O_RDONLY | O_CLOEXEC);
    if (own < 0 || CALL3(__NR_dup3, own, PID_NAMESPACE_FD, O_CLOEXEC) < 0) leave(2);
    CALL1(__NR_close, own);
    uint64_t children = 1ULL << (SIGCHLD_NUMBER - 1);
    CALL4(__NR_rt_sigprocmask, SIG_SETMASK_HOW, ADDRESS(&children), 0, SIGNAL_SET_SIZE);
    int64_t events = CALL4(__NR_signalfd4, -1, ADDRESS(&children), SIGNAL_SET_SIZE, SFD_CLOEXEC | SFD_NONBLOCK);
    if (events < 0 || CALL3(__NR_dup3, events, CHILD_EVENTS_FD, O_CLOEXEC) < 0) leave(2);
    CALL1(__NR_close, events);
    leave(serve_node());
}

__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "  mov %rsp, %rdi\n"
        "  lea stack+" NUMBER(16384) "(%rip), %rsp\n"
        "  xor %ebp, %ebp\n"
        "  call start\n"
        "  ud2\n");

_Static_assert(STACK_SIZE == 16384, "the assembly above has this number");
