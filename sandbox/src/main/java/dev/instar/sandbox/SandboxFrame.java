package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.Fd;
import dev.instar.linux.Launcher;
import org.jspecify.annotations.Nullable;

/**
 * What a sandbox keeps from one use to the next. At any time it belongs to one use, or to the one thread that builds,
 * cleans or destroys it.
 *
 * @param id names its control group; unique on this node
 * @param slot which pair of user ids it holds
 * @param uid user and group id of its workloads on the host; the init has the next
 * @param launcher what makes its processes
 * @param init first process of its pid namespace; holds the other namespaces and reaps orphans
 * @param group what its workloads are charged to
 * @param asBuilt what its first prepared process showed to the host
 * @param network its network namespace, if a use has made the init's unfit; owned by the frame
 * @param uses how many have ended
 * @param builtNanos when it was built, in terms of {@link System#nanoTime}
 */
record SandboxFrame(
        String id,
        int slot,
        int uid,
        Launcher launcher,
        Child init,
        ControlGroup group,
        SandboxTraces asBuilt,
        @Nullable Fd network,
        int uses,
        long builtNanos) {
    /** After one more use. */
    SandboxFrame used() {
        return new SandboxFrame(id, slot, uid, launcher, init, group, asBuilt, network, uses + 1, builtNanos);
    }

    /** With another network namespace; the last is let go of. */
    SandboxFrame withNetwork(Fd fresh) {
        if (network != null) {
            network.close();
        }
        return new SandboxFrame(id, slot, uid, launcher, init, group, asBuilt, fresh, uses, builtNanos);
    }

    /** Lets go of the network namespace. */
    void closeNetwork() {
        if (network != null) {
            network.close();
        }
    }
}
