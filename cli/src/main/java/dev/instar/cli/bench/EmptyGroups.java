package dev.instar.cli.bench;

import dev.instar.bench.MachineMemory;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a control group costs in which nothing runs. The kernel keeps a record in each memory control group for every
 * file system that the machine ever had mounted at the same time ({@code alloc_shrinker_info()}, mm/shrinker.c), some
 * 16 bytes each, and never makes it smaller: so the price of an instance depends on the machine's past.
 */
final class EmptyGroups {
    private static final int GROUPS = 128;
    private static final Duration LONGEST_END = Duration.ofSeconds(5);

    private EmptyGroups() {}

    /** KiB of the kernel's memory for each, in all hierarchies, on this machine now. */
    static double kernelMemoryEach() throws IOException {
        ControlGroup parent = ControlGroups.detect()
                .create("instar-bench-" + ProcessHandle.current().pid());
        try {
            MachineMemory before = MachineMemory.read();
            List<ControlGroup> groups = new ArrayList<>();
            try {
                for (int i = 0; i < GROUPS; i++) {
                    groups.add(parent.child("empty-" + i));
                }
                return MachineMemory.read().takenSince(before, GROUPS).kernel();
            } finally {
                groups.forEach(group -> group.delete(LONGEST_END));
            }
        } finally {
            parent.delete(LONGEST_END);
        }
    }
}
