package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.sandbox.Sandbox;
import dev.instar.template.zygote.Zygote;
import org.jspecify.annotations.Nullable;

/** Has zygotes of functions ready, and clones of them seated in sandboxes. Thread-safe. */
public interface ZygoteProvider {
    /**
     * The zygote that instances of a version are cloned from; null where there is none now. Asking for one that could
     * be built has it built in the background.
     */
    @Nullable
    Zygote zygote(FunctionVersion version);

    /** A clone of this zygote that waits in a sandbox, for the caller to use or close; null where there is none now. */
    @Nullable
    Seat takeSeat(FunctionVersion version, Zygote zygote);

    /** An instance has been started; another seat may be wanted soon, and what the instance touches is of interest. */
    void started(FunctionVersion version, Zygote zygote, Sandbox sandbox);

    /**
     * A clone could not be made or did not wake up.
     *
     * @param reason for an operator
     */
    void cloneFailed(FunctionVersion version, Zygote zygote, String reason);
}
