/* Changes attributes of itself that only help an attack. */
#include "attack.h"
#include <sys/personality.h>

int main(void) {
    ATTEMPT("PR_SET_MM, the program", prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, 0, 0, 0));
    ATTEMPT("PR_SET_MM, the map", prctl(PR_SET_MM, PR_SET_MM_MAP, 0, 0, 0));
    ATTEMPT("PR_SET_PTRACER", prctl(0x59616d61, -1L, 0, 0, 0));
    ATTEMPT("PR_SCHED_CORE", prctl(62, 1, 1, 0, 0));
    ATTEMPT("PR_SET_SYSCALL_USER_DISPATCH", prctl(59, 1, 0, 0, 0));
    ATTEMPT("PR_SET_IO_FLUSHER", prctl(57, 1, 0, 0, 0));
    ATTEMPT("PR_MCE_KILL", prctl(33, 1, 1, 0, 0));
    ATTEMPT("PR_SET_SPECULATION_CTRL", prctl(53, 0, 2, 0, 0));
    ATTEMPT("PR_SET_TSC", prctl(26, 2, 0, 0, 0));
    ATTEMPT("with high bits in the option", syscall(SYS_prctl, 0x100000000UL | 35, 1, 0, 0, 0));
    ATTEMPT("personality, no random addresses", personality(ADDR_NO_RANDOMIZE));
    ATTEMPT("personality, readable is executable", personality(READ_IMPLIES_EXEC));
    ATTEMPT("personality, address 0", personality(MMAP_PAGE_ZERO));
    ATTEMPT("map address 0", mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    return 0;
}
