package dev.instar.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel offers for sandboxes. */
final class KernelChecks {
    private static final int OLDEST_MAJOR = 5;
    private static final int OLDEST_MINOR = 14;
    private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final List<String> NAMESPACES = List.of("mnt", "pid", "net", "ipc", "uts", "cgroup", "user");

    private final Machine machine;

    KernelChecks(Machine machine) {
        this.machine = machine;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(release());
        findings.add(namespaces());
        findings.add(userNamespaces());
        findings.add(seccomp());
        findings.add(landlock());
        findings.add(fileSystem("tmpfs", "sandboxes have no writable directory"));
        findings.add(fileSystem("proc", "sandboxes have no /proc"));
        findings.add(bridge());
        findings.add(templates());
        findings.add(hugePages());
        return findings;
    }

    private Finding release() {
        String release = machine.read("/proc/sys/kernel/osrelease").orElse("unknown");
        Matcher matcher = RELEASE.matcher(release);
        if (matcher.matches()) {
            int major = Integer.parseInt(matcher.group(1));
            int minor = Integer.parseInt(matcher.group(2));
            if (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR)) {
                return Finding.ok("kernel", release);
            }
        }
        return Finding.missing(
                "kernel",
                release,
                "sandboxes need mount and process calls that came with Linux 5.14",
                "run a distribution of 2022 or later, such as Debian 12");
    }

    /** Only a kernel built for checkpoints lists a process's children and timers, and lets a tracer suspend seccomp. */
    private Finding templates() {
        boolean checkpoints = machine.exists("/proc/thread-self/children") && machine.exists("/proc/self/timers");
        return checkpoints
                ? Finding.ok("templates", "processes can be captured")
                : Finding.warning(
                        "templates",
                        "the kernel lacks CONFIG_CHECKPOINT_RESTORE",
                        "functions have no memory templates and start cold",
                        "run a distribution's kernel");
    }

    private Finding hugePages() {
        String shared = machine.read("/sys/kernel/mm/transparent_hugepage/shmem_enabled")
                .orElse("not supported");
        return shared.contains("[deny]") || shared.equals("not supported")
                ? Finding.warning(
                        "huge pages",
                        "for shared memory: " + shared,
                        "clones of large templates take more page faults",
                        "echo never > /sys/kernel/mm/transparent_hugepage/shmem_enabled (templates ask for their own)")
                : Finding.ok("huge pages", "templates can have them");
    }

    private Finding namespaces() {
        List<String> absent = NAMESPACES.stream()
                .filter(name -> !machine.exists("/proc/self/ns/" + name))
                .toList();
        return absent.isEmpty()
                ? Finding.ok("namespaces", String.join(" ", NAMESPACES))
                : Finding.missing(
                        "namespaces",
                        "without " + String.join(", ", absent),
                        "instances cannot be isolated",
                        "use a kernel built with CONFIG_NAMESPACES and all kinds of it");
    }

    private Finding userNamespaces() {
        long maximum = machine.read("/proc/sys/user/max_user_namespaces")
                .map(Long::parseLong)
                .orElse(0L);
        return maximum >= 1024
                ? Finding.ok("user namespaces", "at most " + maximum)
                : Finding.missing(
                        "user namespaces",
                        "at most " + maximum,
                        "every sandbox has one of its own",
                        "sysctl -w user.max_user_namespaces=65536, and put it into /etc/sysctl.d");
    }

    private Finding seccomp() {
        List<String> actions = machine.words("/proc/sys/kernel/seccomp/actions_avail");
        return actions.contains("kill_process") && actions.contains("errno")
                ? Finding.ok("system-call filter", String.join(" ", actions))
                : Finding.missing(
                        "system-call filter",
                        "no seccomp",
                        "functions could make any system call",
                        "use a kernel built with CONFIG_SECCOMP_FILTER");
    }

    private Finding landlock() {
        return machine.landlockVersion() > 0
                ? Finding.ok("landlock", "version " + machine.landlockVersion())
                : Finding.warning(
                        "landlock",
                        "not active",
                        "one layer of protection less around files; the others hold",
                        "use a kernel with CONFIG_SECURITY_LANDLOCK and boot it with lsm=landlock,…");
    }

    private Finding fileSystem(String name, String cost) {
        return machine.words("/proc/filesystems").contains(name)
                ? Finding.ok(name, "available")
                : Finding.missing(name, "not available", cost, "load or build the kernel's " + name + " file system");
    }

    private Finding bridge() {
        boolean built = machine.exists("/sys/module/bridge")
                || machine.exists("/sys/class/net/docker0/bridge")
                || machine.words("/proc/modules").contains("bridge")
                || machine.read("/lib/modules/"
                                + machine.read("/proc/sys/kernel/osrelease").orElse("") + "/modules.builtin")
                        .map(text -> text.contains("/bridge.ko"))
                        .orElse(false)
                || machine.exists("/lib/modules/"
                        + machine.read("/proc/sys/kernel/osrelease").orElse("") + "/kernel/net/bridge");
        return built
                ? Finding.ok("bridge", "available")
                : Finding.warning(
                        "bridge",
                        "not seen",
                        "functions with `network: bridge` may not start; `network: none` is the default",
                        "modprobe bridge, or use a kernel that has it");
    }
}
