package dev.instar.sandbox;

import dev.instar.linux.ChannelPairs;
import dev.instar.linux.Fd;
import dev.instar.linux.PipeReader;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a sandbox uses of the pool that made it. */
interface SandboxHost {
    ChannelPairs channels();

    PipeReader pipes();

    SandboxPlan plan();

    FramePlan framePlan();

    /**
     * Gives the network namespace of a process an interface on the node's bridge.
     *
     * @return detaches it
     */
    AutoCloseable attachToBridge(int pid) throws IOException;

    /** A detached mount of the file that names resolvers for sandboxes on the bridge. */
    Fd resolverFile();

    /** Platform threads that end what runs in sandboxes. */
    Executor enders();

    /**
     * A use is being ended; {@link #ended} or {@link #stuck} follows.
     *
     * @return why the frame is not to be used again; null if it may be
     */
    @Nullable
    Destruction ending(SandboxFrame frame);

    /** A use has ended, and with it every process it had. */
    void ended(String id, EndedUse use);

    /**
     * A use has ended, but something of it may still run under its ids: no other sandbox gets them, and it goes on
     * counting as one, until that is gone.
     */
    void stuck(String id, SandboxFrame frame);
}
