/* Makes one of the calls that no function has an honest use for. Arguments are such that it would do nothing. */
#include "attack.h"

int main(int argc, char **argv) {
    static const struct { const char *name; long number; } CALLS[] = {
        {"init_module", SYS_init_module}, {"finit_module", SYS_finit_module}, {"delete_module", SYS_delete_module},
        {"kexec_load", SYS_kexec_load}, {"kexec_file_load", SYS_kexec_file_load}, {"reboot", SYS_reboot},
        {"swapon", SYS_swapon}, {"swapoff", SYS_swapoff}};
    for (unsigned i = 0; argc == 2 && i < sizeof CALLS / sizeof *CALLS; i++) {
        if (strcmp(argv[1], CALLS[i].name)) continue;
        say("calling %s", argv[1]);
        long result = syscall(CALLS[i].number, 0, 0, 0, 0, 0);
        say("returned %ld", result);
        return 0;
    }
    return 2;
}
