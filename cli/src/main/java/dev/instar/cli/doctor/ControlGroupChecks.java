package dev.instar.cli.doctor;

import dev.instar.linux.FavorDynMods;
import dev.instar.linux.MountEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Control groups: version 2 where the host has it, version 1 otherwise. */
final class ControlGroupChecks {
    private static final List<String> CONTROLLERS = List.of("memory", "pids", "cpu");
    /** Those whose hierarchies of version 1 each process of a sandbox joins. */
    private static final Set<String> JOINED = Set.of("memory", "pids", "cpu", "cpuacct", "freezer");

    private static final String FAVOR = "favordynmods";
    private static final String ROOT = "/sys/fs/cgroup";

    private final Machine machine;

    ControlGroupChecks(Machine machine) {
        this.machine = machine;
    }

    List<Finding> findings() {
        Optional<String> unified = machine.read(ROOT + "/cgroup.controllers");
        if (unified.isPresent()) {
            return List.of(version2(List.of(unified.get().split(" "))), writable(machine.path(ROOT)), quickJoins(2));
        }
        return List.of(version1(), writable(machine.path(ROOT + "/memory")), quickJoins(1));
    }

    /** An option of hierarchies, but the kernel has one lock for them all: where one has it, all are quick to join. */
    private Finding quickJoins(int version) {
        Map<String, Boolean> set = new TreeMap<>();
        for (MountEntry mount :
                MountEntry.parseAll(machine.read("/proc/self/mountinfo").orElse(""))) {
            boolean on = mount.superOptions().contains(FAVOR);
            if (mount.type().equals("cgroup2")) {
                set.put("version 2", on);
            } else if (mount.type().equals("cgroup")) {
                mount.superOptions().stream().filter(JOINED::contains).forEach(name -> set.put(name, on));
            }
        }
        boolean byNode = machine.read("/proc/self/cgroup").orElse("").contains(":name=" + FavorDynMods.HIERARCHY + ":");
        String detail = set.entrySet().stream()
                        .map(each -> each.getKey() + (each.getValue() ? " on" : " off"))
                        .collect(Collectors.joining(", "))
                + (byNode ? "; on by a node's setting" : "");
        if (version == 2 || byNode || set.containsValue(true)) {
            return Finding.ok(FAVOR, detail);
        }
        return Finding.warning(
                FAVOR,
                detail,
                "a process that enters a group after some quiet waits for 7 ms and more, so sandboxes take longer to"
                        + " prepare",
                "favordynmods: true under sandboxes in the node's configuration, or cgroup_favordynmods=true on the"
                        + " kernel's command line (Linux 6.7)");
    }

    private Finding version2(List<String> present) {
        List<String> absent = CONTROLLERS.stream()
                .filter(controller -> !present.contains(controller))
                .toList();
        return absent.isEmpty()
                ? Finding.ok("control groups", "version 2 with " + String.join(", ", CONTROLLERS))
                : absent(absent, "enable them for the group the node runs in; in a systemd unit with Delegate=yes");
    }

    private Finding version1() {
        List<String> absent = CONTROLLERS.stream()
                .filter(controller -> !machine.exists(ROOT + "/" + controller))
                .toList();
        if (!absent.isEmpty()) {
            return absent(absent, "mount control groups, best version 2: boot with systemd.unified_cgroup_hierarchy=1");
        }
        return Finding.warning(
                "control groups",
                "version 1 with " + String.join(", ", CONTROLLERS),
                "entering a group can take milliseconds, and a start has more groups to enter",
                "boot with systemd.unified_cgroup_hierarchy=1 for version 2");
    }

    private static Finding absent(List<String> controllers, String remedy) {
        return Finding.missing(
                "control groups",
                "without " + String.join(", ", controllers),
                "limits of functions could not be enforced",
                remedy);
    }

    private static Finding writable(Path directory) {
        return Files.isWritable(directory)
                ? Finding.ok("control groups writable", directory.toString())
                : Finding.missing(
                        "control groups writable",
                        directory + " is read-only",
                        "no group can be made for an instance",
                        "run as root; in a container, give it control groups of its own");
    }
}
