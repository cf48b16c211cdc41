/* Does what belongs to an administrator. */
#include "attack.h"
#include <sys/klog.h>
#include <sys/quota.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

int main(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct timeval same = {now.tv_sec, 0};
    struct timex adjustment = {0};
    char buffer[16];
    ATTEMPT("settimeofday", settimeofday(&same, 0));
    ATTEMPT("clock_settime", clock_settime(CLOCK_REALTIME, &now));
    ATTEMPT("adjtimex", adjtimex(&adjustment));
    ATTEMPT("sethostname", sethostname("mine", 4));
    ATTEMPT("setdomainname", syscall(SYS_setdomainname, "mine", 4));
    ATTEMPT("quotactl", quotactl(QCMD(Q_SYNC, USRQUOTA), 0, 0, 0));
    ATTEMPT("acct", acct(0));
    ATTEMPT("kernel log", klogctl(3, buffer, sizeof buffer));
    ATTEMPT("vhangup", vhangup());
    ATTEMPT("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
    ATTEMPT("iopl", syscall(SYS_iopl, 3));
    ATTEMPT("mbind", syscall(SYS_mbind, 0, 0, 0, 0, 0, 0));
    return 0;
}
