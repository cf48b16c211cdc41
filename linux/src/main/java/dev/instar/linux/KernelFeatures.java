package dev.instar.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this host's kernel has and how it is set, found by reading files and by running small commands. */
public final class KernelFeatures {
    private static final int MIN_MAJOR = 5;
    private static final int MIN_MINOR = 15;
    private static final long ENOUGH_MAPS = 65530;
    private static final long ENOUGH_PIDS = 100_000;
    private static final long ENOUGH_FILES = 65_536;
    private static final Set<String> NAMESPACES = Set.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

    private final Path root;

    /** Looks at the running host. */
    public KernelFeatures() {
        this(Path.of("/"));
    }

    /** Looks at files as another host has them, for its {@code /proc} and {@code /sys} copied below a directory. */
    KernelFeatures(Path root) {
        this.root = root;
    }

    /** Probes everything, which takes some tens of milliseconds. In the order in which to show it. */
    public List<Feature> probe() {
        List<Feature> features = new ArrayList<>(probeFiles());
        features.add(landlock(Landlock.probe().abi()));
        features.addAll(new CommandProbes().probe());
        return features;
    }

    /** The part of {@link #probe} that reads files only. */
    List<Feature> probeFiles() {
        return List.of(
                kernelVersion(),
                privileges(),
                controlGroups(),
                fastJoins(),
                namespaces(),
                userNamespaces(),
                seccomp(),
                sharedHugePages(),
                atLeast(
                        "max-map-count",
                        "proc/sys/vm/max_map_count",
                        ENOUGH_MAPS,
                        "processes with many mappings, such as large templates, fail with ENOMEM",
                        "sysctl -w vm.max_map_count=262144"),
                atLeast(
                        "pid-max",
                        "proc/sys/kernel/pid_max",
                        ENOUGH_PIDS,
                        "all processes and threads of the machine together cannot exceed this number",
                        "sysctl -w kernel.pid_max=4194304"),
                openFiles());
    }

    private Feature kernelVersion() {
        String release = read("proc/sys/kernel/osrelease").orElse("unknown");
        Matcher version = Pattern.compile("(\\d+)\\.(\\d+).*").matcher(release);
        boolean present = version.matches()
                && Arrays.compare(
                                new int[] {Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2))},
                                new int[] {MIN_MAJOR, MIN_MINOR})
                        >= 0;
        return new Feature(
                "kernel",
                present,
                "Linux " + release,
                "calls that sandboxes are built with are missing",
                "use Linux " + MIN_MAJOR + "." + MIN_MINOR + " or later; Debian 12 has 6.1");
    }

    private Feature privileges() {
        long needed = 1L << 21 | 1L << 12 | 1L << 7 | 1L << 6;
        long effective = read("proc/self/status")
                .map(text -> ProcessStatus.parse(text).effectiveCapabilities())
                .orElse(0L);
        return new Feature(
                "privileges",
                (effective & needed) == needed,
                String.format("effective capabilities %016x", effective),
                "no sandbox can be made",
                "run the node as root (it needs CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SETUID and CAP_SETGID)");
    }

    private Feature controlGroups() {
        Set<String> missing = new TreeSet<>(Set.of("cpu", "memory", "pids"));
        String detail;
        try {
            ControlGroups groups = ControlGroups.detect(
                    read("proc/self/mountinfo").orElse(""),
                    read("proc/self/cgroup").orElse(""));
            missing.removeAll(groups.controllers());
            detail = "v" + groups.version() + " with " + String.join(", ", new TreeSet<>(groups.controllers()));
        } catch (ControlGroupException e) {
            detail = String.valueOf(e.getMessage());
        }
        return new Feature(
                "cgroups",
                missing.isEmpty(),
                detail + (missing.isEmpty() ? "" : "; missing: " + String.join(", ", missing)),
                "limits of memory, processes and processor time cannot be enforced",
                "boot with systemd.unified_cgroup_hierarchy=1 cgroup_enable=memory, and start the node by its unit"
                        + " (Delegate=yes)");
    }

    private Feature fastJoins() {
        List<MountEntry> unified = MountEntry.parseAll(
                        read("proc/self/mountinfo").orElse(""))
                .stream()
                .filter(mount -> mount.type().equals("cgroup2"))
                .toList();
        boolean set = unified.stream().anyMatch(mount -> mount.superOptions().contains("favordynmods"));
        return new Feature(
                "cgroup-favordynmods",
                set,
                unified.isEmpty() ? "no cgroup2 mounted" : set ? "on" : "off",
                "moving a process into a group can take 7 ms and more after some quiet",
                "mount -o remount,favordynmods /sys/fs/cgroup (some kernels keep it until reboot)");
    }

    private Feature namespaces() {
        Set<String> missing = new TreeSet<>(NAMESPACES);
        missing.removeIf(name -> Files.exists(root.resolve("proc/self/ns").resolve(name), LinkOption.NOFOLLOW_LINKS));
        return new Feature(
                "namespaces",
                missing.isEmpty(),
                missing.isEmpty() ? "all kinds" : "missing: " + String.join(", ", missing),
                "sandboxes cannot be isolated",
                "use a kernel built with CONFIG_NAMESPACES and all of its kinds, as Debian's is");
    }

    private Feature userNamespaces() {
        long maximum = readNumber("proc/sys/user/max_user_namespaces").orElse(0L);
        return new Feature(
                "user-namespaces",
                maximum > 0,
                "up to " + maximum,
                "root inside a sandbox would be root outside, so no sandbox is made",
                "sysctl -w user.max_user_namespaces=65536");
    }

    private Feature seccomp() {
        String actions = read("proc/sys/kernel/seccomp/actions_avail").orElse("");
        Set<String> available = Set.of(actions.split("\\s+", -1));
        return new Feature(
                "seccomp",
                available.containsAll(Set.of("kill_process", "errno", "allow")),
                actions.isEmpty() ? "not available" : "actions " + actions,
                "functions could make every system call; no sandbox is made",
                "use a kernel built with CONFIG_SECCOMP_FILTER, as Debian's is");
    }

    private static Feature landlock(int abi) {
        return new Feature(
                "landlock",
                abi > 0,
                abi > 0 ? "ABI " + abi : "not available",
                "files are protected by mounts and ids only, without this second line",
                "boot with lsm=landlock,… in front of the kernel's list, on Linux 5.13 or later");
    }

    private Feature sharedHugePages() {
        String setting =
                read("sys/kernel/mm/transparent_hugepage/shmem_enabled").orElse("not available");
        boolean present = Set.of("[always]", "[within_size]", "[advise]", "[force]").stream()
                .anyMatch(setting::contains);
        return new Feature(
                "shmem-huge-pages",
                present,
                setting,
                "template memory is mapped in pages of 4 KiB, so that a start touches 512 times as many",
                "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled");
    }

    private Feature atLeast(String name, String file, long enough, String cost, String remedy) {
        Optional<Long> value = readNumber(file);
        return new Feature(
                name,
                value.filter(number -> number >= enough).isPresent(),
                value.map(number -> Long.toString(number)).orElse("/" + file + " cannot be read"),
                cost,
                remedy);
    }

    private Feature openFiles() {
        String line = read("proc/self/limits")
                .orElse("")
                .lines()
                .filter(candidate -> candidate.startsWith("Max open files"))
                .findFirst()
                .orElse("Max open files            0 0");
        String hard = line.strip().split("\\s+", -1)[4];
        return new Feature(
                "open-files",
                hard.equals("unlimited") || Long.parseLong(hard) >= ENOUGH_FILES,
                "hard limit " + hard,
                "the node holds several descriptors for each instance and connection",
                "LimitNOFILE=1048576 in the unit, or ulimit -Hn 1048576");
    }

    private Optional<Long> readNumber(String file) {
        return read(file).filter(text -> text.matches("\\d{1,18}")).map(Long::valueOf);
    }

    private Optional<String> read(String file) {
        try {
            return Optional.of(KernelFiles.read(root.resolve(file)).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read /" + file + ": " + e.getMessage(), e);
        }
    }
}
