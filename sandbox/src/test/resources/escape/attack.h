/* What the hostile C programs share. It ends a program that does not stand in a sandbox before its main function. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((constructor)) static void require_sandbox(void) {
    char map[64] = {0};
    int fd = open("/proc/self/uid_map", O_RDONLY);
    if (fd < 0 || read(fd, map, sizeof map - 1) <= 0 || (atoi(map) != 999 && atoi(map) != 1000) || getpid() > 200) {
        fprintf(stderr, "not in a sandbox; a hostile program must not run anywhere else\n");
        _exit(99);
    }
    close(fd);
}

/* Writes a line to the test, by the channel: unlike the output, its end can be awaited. */
__attribute__((format(printf, 1, 2), unused)) static void say(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[n++] = '\n';
    if (write(3, line, n) != n) _exit(98);
}

__attribute__((unused)) static void report(const char *what, long result) {
    int error = errno;
    if (result == -1) {
        const char *known = strerrorname_np(error);
        say("%s: %s", what, known ? known : "errno without a name");
    } else {
        say("%s: SUCCEEDED %ld", what, result);
    }
}

/* Reports the name of the errno with which a call fails, or that it succeeded, and with what. */
#define ATTEMPT(what, call) do { errno = 0; report(what, (long)(call)); } while (0)
