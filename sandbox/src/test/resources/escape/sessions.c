/* Plays with sessions, process groups and terminals. */
#include "attack.h"

int main(void) {
    ATTEMPT("setpgid into the init's group", setpgid(0, 1));
    ATTEMPT("setpgid of the init", setpgid(1, 1));
    ATTEMPT("tcsetpgrp", tcsetpgrp(1, getpid()));
    ATTEMPT("controlling terminal", ioctl(0, TIOCSCTTY, 1));
    ATTEMPT("/dev/tty", open("/dev/tty", O_RDWR));
    char c = 'x';
    ATTEMPT("TIOCSTI", ioctl(0, TIOCSTI, &c));
    ATTEMPT("TIOCSTI with high bits", syscall(SYS_ioctl, 0, 0xffffffff00005412UL, &c));
    ATTEMPT("TIOCLINUX", ioctl(0, TIOCLINUX, &c));
    ATTEMPT("TIOCSETD", ioctl(0, TIOCSETD, &c));
    say("session and group are its own: %s", getsid(0) == getpid() && getpgrp() == getpid() ? "yes" : "no");
    return 0;
}
