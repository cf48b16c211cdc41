package dev.instar.sandbox;

import dev.instar.linux.SeccompAction;
import dev.instar.linux.SeccompFilter;
import java.util.List;

/**
 * Which system calls a sandbox's init may make: it answers once, gives memory back and waits until its socket is
 * closed. Anything else ends it.
 */
final class InitPolicy {
    private InitPolicy() {}

    static SeccompFilter filter() {
        return SeccompFilter.builder(SeccompAction.KILL_PROCESS)
                .rules(
                        List.of("sendmsg", "munmap", "madvise", "read", "rt_sigreturn", "exit_group"),
                        SeccompAction.ALLOW)
                .build();
    }
}
