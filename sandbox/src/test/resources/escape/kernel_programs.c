/* Loads programs into the kernel, watches it, and uses interfaces with a long history of holes. */
#include "attack.h"
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>

int main(void) {
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
    ATTEMPT("bpf map", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1};
    ATTEMPT("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    ATTEMPT("userfaultfd", syscall(SYS_userfaultfd, 1));
    char io_uring[128] = {0};
    ATTEMPT("io_uring_setup", syscall(SYS_io_uring_setup, 8, io_uring));
    ATTEMPT("io_uring_enter", syscall(SYS_io_uring_enter, 3, 1, 1, 0, 0, 0));
    ATTEMPT("memfd_secret", syscall(447, 0));
    ATTEMPT("modify_ldt", syscall(SYS_modify_ldt, 0, io_uring, 128));
    ATTEMPT("vmsplice", syscall(SYS_vmsplice, 1, 0, 0, 0));
    ATTEMPT("fanotify_init", syscall(SYS_fanotify_init, 0x200, 0));
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct sock_filter pass[] = {{BPF_RET | BPF_K, 0, 0, 0xffff}};
    struct sock_fprog program = {1, pass};
    ATTEMPT("socket filter", setsockopt(udp, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
    ATTEMPT("socket filter with high bits",
            syscall(SYS_setsockopt, udp, 0x100000000UL | SOL_SOCKET, 0x100000000UL | SO_ATTACH_FILTER, &program, sizeof program));
    return 0;
}
