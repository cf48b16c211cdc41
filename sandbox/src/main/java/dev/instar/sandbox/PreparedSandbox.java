package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox that waits for a workload.
 *
 * @param id of the use that it waits for; unique on this node, and its host name
 * @param frame what stays when that use has ended
 * @param workload in all namespaces but the user namespace, in its control group, with the node's privileges still: it
 *     drops them as it starts
 * @param birthPlace directory of the group, for a clone to be born in it; null under v1
 * @param joinFiles whoever writes 0 to all of these joins the group; empty where there is a {@code birthPlace}
 * @param ruleset Landlock's, made in these namespaces; null without Landlock
 * @param before what the control group had counted by then
 */
record PreparedSandbox(
        String id,
        SandboxFrame frame,
        Child workload,
        @Nullable Fd birthPlace,
        List<Fd> joinFiles,
        @Nullable Fd ruleset,
        GroupCounters before) {
    int uid() {
        return frame.uid();
    }

    Child init() {
        return frame.init();
    }

    ControlGroup group() {
        return frame.group();
    }

    /** Lets go of what a start needed. */
    void started() {
        joinFiles.forEach(Fd::close);
        if (birthPlace != null) {
            birthPlace.close();
        }
        if (ruleset != null) {
            ruleset.close();
        }
    }
}
