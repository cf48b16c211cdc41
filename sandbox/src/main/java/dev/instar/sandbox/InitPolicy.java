package dev.instar.sandbox;

import dev.instar.linux.SeccompAction;
import dev.instar.linux.SeccompFilter;
import java.util.List;

/**
 * Which system calls a sandbox's init may make: it answers once, closes its socket and waits for ever. Anything else
 * ends it.
 */
final class InitPolicy {
    private InitPolicy() {}

    static SeccompFilter filter() {
        return SeccompFilter.builder(SeccompAction.KILL_PROCESS)
                .rules(List.of("sendmsg", "close", "pause", "rt_sigreturn", "exit_group"), SeccompAction.ALLOW)
                .build();
    }
}
