package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.CloneFlags;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds sandboxes up to the point where only a workload is missing. Thread-safe; building blocks for some 10 ms. */
final class SandboxBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxBuilder.class);
    private static final Duration GROUP_REMOVAL = Duration.ofSeconds(5);

    private final SandboxSettings settings;
    private final FramePlan plan;
    private final Preparation preparation;
    private final ControlGroup instances;
    private final Remains remains;
    private final String idPrefix = Long.toString(System.currentTimeMillis() / 1000, 36);
    private final AtomicLong count = new AtomicLong();
    private final BitSet slots = new BitSet();
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * For a pool.
     *
     * @param instances the group in which each sandbox gets a group of its own
     * @param remains gets what is left of a failed build
     */
    SandboxBuilder(
            SandboxSettings settings,
            FramePlan plan,
            Preparation preparation,
            ControlGroup instances,
            Remains remains) {
        this.settings = settings;
        this.plan = plan;
        this.preparation = preparation;
        this.instances = instances;
        this.remains = remains;
    }

    /**
     * Builds one.
     *
     * @param launcher makes its processes
     * @throws SandboxException naming the phase that failed; nothing of it is left, or it is among the remains
     */
    PreparedSandbox build(Launcher launcher) throws SandboxException {
        String id = nextId();
        int slot = takeSlot();
        String phase = "control-group";
        ControlGroup group = null;
        Child init = null;
        Preparation.Made made = null;
        try {
            group = instances.child(id);
            phase = "namespaces";
            init = launcher.newChild(CloneFlags.NEWPID, null, null);
            init.run(plan.beginInit(workloadUid(slot) + 1));
            phase = "user-namespace";
            mapIds(init, slot);
            init.run(plan.endInit());
            phase = "process";
            made = preparation.first(launcher, init, group, id);
            SandboxTraces traces = SandboxTraces.of(made.process().pid());
            SandboxFrame frame = new SandboxFrame(
                    id, slot, workloadUid(slot), launcher, init, group, traces, null, 0, System.nanoTime());
            return preparation.finish(id, frame, made);
        } catch (IOException | RuntimeException e) {
            if (made != null) {
                made.close();
            }
            if (group == null) {
                release(slot);
            } else {
                undo(id, slot, init, group);
            }
            throw new SandboxException(phase, String.valueOf(e.getMessage()), e);
        }
    }

    /** A name for a use of a sandbox, or for a sandbox after its first use; never given twice. */
    String nextId() {
        return idPrefix + "-" + count.incrementAndGet();
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

    private void undo(String id, int slot, @Nullable Child init, ControlGroup group) {
        try {
            FrameRemoval.remove(init, group, GROUP_REMOVAL);
            release(slot);
        } catch (TimeoutException | RuntimeException e) {
            LOG.error("what was built of sandbox {} could not be removed yet", id, e);
            remains.add(id, init, group, () -> release(slot));
        }
    }
}
