/* Takes huge pages, which the host sets aside for itself and which no memory limit counts. */
#include "attack.h"
#include <sys/shm.h>

int main(void) {
    ATTEMPT("mmap", mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
    ATTEMPT("memfd_create", memfd_create("huge", MFD_HUGETLB));
    ATTEMPT("memfd_create, 1 GiB pages", memfd_create("huge", MFD_HUGETLB | 30 << 26));
    ATTEMPT("shmget", shmget(IPC_PRIVATE, 2 << 20, IPC_CREAT | SHM_HUGETLB | 0600));
    return 0;
}
