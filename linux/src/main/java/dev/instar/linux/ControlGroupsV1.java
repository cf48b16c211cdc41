package dev.instar.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The v1 hierarchies that matter here.
 *
 * @param mountPoints where each controller's hierarchy is mounted
 * @param own this process's directory in each
 */
record ControlGroupsV1(Map<String, Path> mountPoints, Map<String, Path> own) implements ControlGroups {
    private static final Set<String> USED = Set.of("memory", "cpu", "cpuacct", "pids", "freezer");

    ControlGroupsV1 {
        mountPoints = Map.copyOf(mountPoints);
        own = Map.copyOf(own);
    }

    static Optional<ControlGroupsV1> find(List<MountEntry> mounts, String membership) {
        Map<String, Path> mountPoints = new TreeMap<>();
        Map<String, Path> own = new TreeMap<>();
        for (MountEntry mount : mounts) {
            if (mount.type().equals("cgroup")) {
                for (String controller : mount.superOptions()) {
                    if (USED.contains(controller)) {
                        mountPoints.putIfAbsent(controller, mount.mountPoint());
                        own.putIfAbsent(controller, GroupPaths.own(mount, membership, controller));
                    }
                }
            }
        }
        return own.isEmpty() ? Optional.empty() : Optional.of(new ControlGroupsV1(mountPoints, own));
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public Set<String> controllers() {
        return own.keySet();
    }

    @Override
    public ControlGroup create(String name) {
        return new ControlGroupV1("", own).child(name);
    }

    @Override
    public List<ControlGroup> findAll(String name) {
        List<ControlGroup> found = new ArrayList<>();
        for (Path mountPoint : new TreeSet<>(mountPoints.values())) {
            for (Path directory : GroupPaths.named(mountPoint, name)) {
                Map<String, Path> directories = new TreeMap<>();
                mountPoints.forEach((controller, mounted) -> {
                    if (mounted.equals(mountPoint)) {
                        directories.put(controller, directory);
                    }
                });
                found.add(new ControlGroupV1(name, directories));
            }
        }
        return found;
    }
}
