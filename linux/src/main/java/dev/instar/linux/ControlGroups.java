package dev.instar.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The host's control-group hierarchy, v2 or v1, and this process's place in it. Immutable and safe for use by several
 * threads.
 */
public sealed interface ControlGroups permits ControlGroupsV1, ControlGroupsV2 {
    /**
     * Finds what this host has, from {@code /proc/self/mountinfo} and {@code /proc/self/cgroup}. The unified hierarchy
     * is taken where it has the memory controller, otherwise v1 where that has it, otherwise whichever is mounted.
     *
     * @throws ControlGroupException if no hierarchy is mounted
     */
    static ControlGroups detect() {
        return detect(
                ControlFiles.read(Path.of("/proc/self/mountinfo")), ControlFiles.read(Path.of("/proc/self/cgroup")));
    }

    /** As {@link #detect()}, from the text of those two files. */
    static ControlGroups detect(String mountinfo, String membership) {
        List<MountEntry> mounts = MountEntry.parseAll(mountinfo);
        var v2 = ControlGroupsV2.find(mounts, membership);
        if (v2.isPresent() && v2.get().controllers().contains("memory")) {
            return v2.get();
        }
        var v1 = ControlGroupsV1.find(mounts, membership);
        if (v1.isPresent() && (v2.isEmpty() || v1.get().controllers().contains("memory"))) {
            return v1.get();
        }
        return v2.orElseThrow(() -> new ControlGroupException(
                "no control-group file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup"));
    }

    /** 1 or 2. */
    int version();

    /** The controllers that can be used here, among {@code cpu}, {@code memory}, {@code pids}, and v1's own. */
    Set<String> controllers();

    /**
     * Creates a group for a whole node, or opens it if it exists: inside this process's own group where that is the
     * process's to arrange (v1, a delegated systemd unit, a container), otherwise at the top of the hierarchy.
     *
     * <p>Under v2 this may move the processes of the own group into a group below it called {@code instar-host}, since
     * the kernel allows processes only in groups without controlled children.
     *
     * @param name as for {@link ControlGroup#child}
     * @throws ControlGroupException if this process may not do so
     */
    ControlGroup create(String name);

    /**
     * Every group of that name anywhere in the hierarchy, for clearing up after a process that died. Reads the whole
     * tree of directories. Under v1 one name may show up once per hierarchy.
     */
    List<ControlGroup> findAll(String name);
}
