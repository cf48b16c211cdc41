package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.CloneFlags;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import dev.instar.linux.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Builds sandboxes up to the point where only a workload is missing. Thread-safe; building blocks for some 10 ms. */
final class SandboxBuilder {
    private static final Duration GROUP_REMOVAL = Duration.ofSeconds(5);

    private final SandboxSettings settings;
    private final SandboxPlan plan;
    private final ControlGroup instances;
    private final String idPrefix = Long.toString(System.currentTimeMillis() / 1000, 36);
    private final AtomicLong count = new AtomicLong();
    private final BitSet slots = new BitSet();
    private final ReentrantLock lock = new ReentrantLock();

    /** @param instances the group in which each sandbox gets a group of its own */
    SandboxBuilder(SandboxSettings settings, SandboxPlan plan, ControlGroup instances) {
        this.settings = settings;
        this.plan = plan;
        this.instances = instances;
    }

    /**
     * Builds one.
     *
     * @param launcher makes its processes
     * @throws SandboxException naming the phase that failed; nothing of it is left
     */
    PreparedSandbox build(Launcher launcher) throws SandboxException {
        String id = idPrefix + "-" + count.incrementAndGet();
        int slot = takeSlot();
        String phase = "control-group";
        ControlGroup group = null;
        Child init = null;
        Child workload = null;
        Fd ruleset = null;
        List<Fd> joinFiles = new ArrayList<>();
        try {
            group = instances.child(id);
            phase = "namespaces";
            init = launcher.newChild(CloneFlags.NEWPID, null, null);
            init.run(plan.beginInit(id, workloadUid(slot) + 1));
            phase = "user-namespace";
            mapIds(init, slot);
            init.run(plan.endInit());
            phase = "process";
            workload = launcher.newChild(0, init, null);
            int made = (int) workload.run(plan.prepareWorkload(init, group));
            ruleset = plan.makesRuleset() ? workload.descriptor(made) : null;
            for (Path file : group.joinFiles()) {
                joinFiles.add(Fd.openForWriting(file));
            }
            return new PreparedSandbox(id, slot, workloadUid(slot), init, workload, group, joinFiles, ruleset);
        } catch (IOException | RuntimeException e) {
            joinFiles.forEach(Fd::close);
            if (ruleset != null) {
                ruleset.close();
            }
            undo(init, workload, group);
            release(slot);
            throw new SandboxException(phase, String.valueOf(e.getMessage()), e);
        }
    }

    private void mapIds(Child init, int slot) throws IOException {
        int workload = workloadUid(slot);
        String map =
                SandboxPlan.WORKLOAD_ID + " " + workload + " 1\n" + SandboxPlan.INIT_ID + " " + (workload + 1) + " 1\n";
        Path process = Path.of("/proc", Integer.toString(init.pid()));
        Files.writeString(process.resolve("uid_map"), map);
        Files.writeString(process.resolve("gid_map"), map);
        // Nothing uses project ids; but until the map is written, anybody in the namespace may write it.
        Files.writeString(process.resolve("projid_map"), map);
    }

    private int workloadUid(int slot) {
        return settings.firstUid() + 2 * slot;
    }

    private int takeSlot() {
        lock.lock();
        try {
            int slot = slots.nextClearBit(0);
            slots.set(slot);
            return slot;
        } finally {
            lock.unlock();
        }
    }

    /** Lets another sandbox have the ids; nothing that runs or lies about may hold them any more. */
    void release(int slot) {
        lock.lock();
        try {
            slots.clear(slot);
        } finally {
            lock.unlock();
        }
    }

    private static void undo(@Nullable Child init, @Nullable Child workload, @Nullable ControlGroup group) {
        for (Child child : new @Nullable Child[] {workload, init}) {
            if (child != null) {
                child.kill();
                child.exit()
                        .orTimeout(GROUP_REMOVAL.toSeconds(), TimeUnit.SECONDS)
                        .join();
                child.awaitEnd(GROUP_REMOVAL);
                child.close();
            }
        }
        if (group != null) {
            group.delete(GROUP_REMOVAL);
        }
    }
}
