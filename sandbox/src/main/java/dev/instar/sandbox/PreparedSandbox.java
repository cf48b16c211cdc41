package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox that waits for a workload.
 *
 * @param id unique on this node
 * @param slot which pair of user ids it holds
 * @param uid user and group id of the workload on the host
 * @param init first process of its pid namespace; holds the namespaces and reaps orphans
 * @param workload in all namespaces but the user namespace, in its control group, with the node's privileges still: it
 *     drops them as it starts
 * @param group what the workload is charged to
 * @param joinFiles whoever writes 0 to all of these joins the group
 * @param ruleset Landlock's, made in these namespaces; null without Landlock
 */
record PreparedSandbox(
        String id,
        int slot,
        int uid,
        Child init,
        Child workload,
        ControlGroup group,
        List<Fd> joinFiles,
        @Nullable Fd ruleset) {
    /** Lets go of what a start needed. */
    void started() {
        joinFiles.forEach(Fd::close);
        if (ruleset != null) {
            ruleset.close();
        }
    }
}
