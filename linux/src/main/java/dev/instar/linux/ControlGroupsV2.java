package dev.instar.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The unified hierarchy.
 *
 * @param mountPoint where it is mounted
 * @param place where groups of ours belong
 */
record ControlGroupsV2(Path mountPoint, Path place) implements ControlGroups {
    private static final String HOST_GROUP = "instar-host";
    private static final int VACATE_ROUNDS = 10;

    static Optional<ControlGroupsV2> find(List<MountEntry> mounts, String membership) {
        return mounts.stream()
                .filter(mount -> mount.type().equals("cgroup2"))
                .findFirst()
                .map(mount -> new ControlGroupsV2(
                        mount.mountPoint(), place(mount.mountPoint(), GroupPaths.own(mount, membership, ""))));
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public Set<String> controllers() {
        return ControlFiles.readWords(place.resolve("cgroup.controllers")).stream()
                .filter(ControlGroupV2.WANTED::contains)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public ControlGroup create(String name) {
        try {
            ControlGroupV2.enableControllers(place);
        } catch (ControlGroupException e) {
            if (isRoot(place)) {
                throw e;
            }
            vacate(place, e);
        }
        return new ControlGroupV2(place).child(name);
    }

    @Override
    public List<ControlGroup> findAll(String name) {
        return GroupPaths.named(mountPoint, name).stream()
                .<ControlGroup>map(ControlGroupV2::new)
                .toList();
    }

    /**
     * A group that systemd has delegated, or that holds nobody else, is ours to divide; a login session's is not, and
     * groups inside it would end with the session.
     */
    private static Path place(Path mountPoint, Path own) {
        Path parent = own.getParent();
        if (parent != null && own.endsWith(HOST_GROUP)) {
            // Divided already, by this process or by the one that started it.
            return parent;
        }
        return isDelegated(own) || isAlone(own) ? own : mountPoint;
    }

    private static boolean isDelegated(Path directory) {
        UserDefinedFileAttributeView attributes =
                Files.getFileAttributeView(directory, UserDefinedFileAttributeView.class);
        ByteBuffer value = ByteBuffer.allocate(8);
        try {
            attributes.read("delegate", value);
        } catch (IOException e) {
            // No such attribute: not delegated.
            return false;
        }
        return StandardCharsets.US_ASCII.decode(value.flip()).toString().equals("1");
    }

    private static boolean isAlone(Path directory) {
        return !isRoot(directory)
                && ControlFiles.readPids(directory.resolve("cgroup.procs"))
                        .equals(List.of(Math.toIntExact(ProcessHandle.current().pid())));
    }

    /** The hierarchy's real root has no such file; the root that a container sees has it. */
    private static boolean isRoot(Path directory) {
        return !Files.exists(directory.resolve("cgroup.type"));
    }

    /** Moves the processes of a group into one below it. They may be forking meanwhile, so it looks again. */
    private static void vacate(Path place, ControlGroupException refusal) {
        Path procs = place.resolve("cgroup.procs");
        Path host = ControlFiles.makeDirectory(place, HOST_GROUP).resolve("cgroup.procs");
        for (int round = 0; round < VACATE_ROUNDS; round++) {
            ControlFiles.readPids(procs).forEach(pid -> move(pid, host));
            if (ControlFiles.readPids(procs).isEmpty()) {
                ControlGroupV2.enableControllers(place);
                return;
            }
        }
        throw new ControlGroupException(
                "cannot divide the control group " + place + ": it keeps getting new processes; run the node in a"
                        + " systemd unit with Delegate=yes",
                refusal);
    }

    private static void move(int pid, Path procs) {
        try {
            ControlFiles.write(procs, Integer.toString(pid));
        } catch (ControlGroupException e) {
            if (ProcessHandle.of(pid).isPresent()) {
                throw e;
            }
        }
    }
}
