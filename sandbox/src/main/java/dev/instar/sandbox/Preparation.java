package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import dev.instar.linux.Launcher;
import dev.instar.linux.SyscallProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the process that waits in a frame for the next workload, with namespaces of its own. Thread-safe. */
final class Preparation {
    private final FramePlan plan;

    Preparation(FramePlan plan) {
        this.plan = plan;
    }

    /** A process and Landlock's ruleset made in it. Closing lets go of both; the process then ends. */
    record Made(Child process, @Nullable Fd ruleset) implements AutoCloseable {
        @Override
        public void close() {
            if (ruleset != null) {
                ruleset.close();
            }
            process.kill();
            process.awaitEnd(FrameRemoval.LONGEST_END);
            process.close();
        }
    }

    /** The first in its frame. It also completes the mounts that all later ones get copies of. */
    Made first(Launcher launcher, Child init, ControlGroup group, String hostName) {
        return make(launcher, init, group, null, hostName, List.of(plan.completeMounts(init)));
    }

    /** A later one. */
    Made next(SandboxFrame frame, String hostName) {
        return make(frame.launcher(), frame.init(), frame.group(), frame.network(), hostName, List.of());
    }

    private Made make(
            Launcher launcher,
            Child init,
            ControlGroup group,
            @Nullable Fd network,
            String hostName,
            List<SyscallProgram> before) {
        Child process = born(launcher, init, group);
        try {
            process.run(plan.join(group));
            before.forEach(process::run);
            int made = (int) process.run(plan.freshNamespaces(init, network, hostName));
            return new Made(process, plan.makesRuleset() ? process.descriptor(made) : null);
        } catch (RuntimeException e) {
            process.kill();
            process.close();
            throw e;
        }
    }

    private static Child born(Launcher launcher, Child init, ControlGroup group) {
        try (Fd directory = birthPlace(group)) {
            return launcher.newChild(0, init, directory);
        }
    }

    /** Where processes can be born in their group, which costs nothing, and need not join it. */
    private static @Nullable Fd birthPlace(ControlGroup group) {
        return group.cloneDirectory().map(Fd::openForReading).orElse(null);
    }

    /** Gives a process another network namespace; the result keeps it, even when the process has ended. */
    Fd replaceNetwork(Child process) {
        process.run(plan.freshNetwork());
        return Fd.openForReading(Path.of("/proc", Integer.toString(process.pid()), "ns", "net"));
    }

    /** The last step: opens what a start needs, and begins to count. The process belongs to the result. */
    PreparedSandbox finish(String id, SandboxFrame frame, Made made) {
        List<Fd> joinFiles = new ArrayList<>();
        Fd birthPlace = birthPlace(frame.group());
        try {
            if (birthPlace == null) {
                for (Path file : frame.group().joinFiles()) {
                    joinFiles.add(Fd.openForWriting(file));
                }
            }
            GroupCounters before = GroupCounters.of(frame.group());
            return new PreparedSandbox(id, frame, made.process(), birthPlace, joinFiles, made.ruleset(), before);
        } catch (RuntimeException e) {
            joinFiles.forEach(Fd::close);
            if (birthPlace != null) {
                birthPlace.close();
            }
            throw e;
        }
    }
}
