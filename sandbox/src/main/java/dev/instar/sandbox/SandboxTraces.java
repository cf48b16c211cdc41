package dev.instar.sandbox;

import dev.instar.linux.MountEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a prepared process shows to the host of the namespaces it is in; the same for each use of a sandbox.
 *
 * @param network its network namespace
 * @param mounts its mounts in the kernel's order, their numbers replaced by their places in it
 */
record SandboxTraces(NetworkTraces network, List<MountEntry> mounts) {
    SandboxTraces {
        mounts = List.copyOf(mounts);
    }

    /** @throws IOException if they cannot be read, as when the process has ended */
    static SandboxTraces of(int pid) throws IOException {
        return new SandboxTraces(NetworkTraces.of(pid), mounts(pid));
    }

    static List<MountEntry> mounts(int pid) throws IOException {
        List<MountEntry> mounts = new ArrayList<>();
        Map<Integer, Integer> places = new HashMap<>();
        for (MountEntry m :
                MountEntry.parseAll(Files.readString(Path.of("/proc", Integer.toString(pid), "mountinfo")))) {
            places.put(m.id(), places.size());
            mounts.add(m);
        }
        return mounts.stream()
                .map(m -> new MountEntry(
                        places.getOrDefault(m.id(), -1),
                        places.getOrDefault(m.parentId(), -1),
                        m.root(),
                        m.mountPoint(),
                        m.options(),
                        m.propagation(),
                        m.type(),
                        m.source(),
                        m.superOptions()))
                .toList();
    }
}
