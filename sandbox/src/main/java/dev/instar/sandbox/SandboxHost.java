package dev.instar.sandbox;

import dev.instar.linux.ChannelPairs;
import dev.instar.linux.Fd;
import dev.instar.linux.PipeReader;
import java.io.IOException;

/** What a sandbox uses of the pool that made it. */
interface SandboxHost {
    ChannelPairs channels();

    PipeReader pipes();

    SandboxPlan plan();

    /**
     * Gives the network namespace of {@code initPid} an interface on the node's bridge.
     *
     * @return detaches it
     */
    AutoCloseable attachToBridge(int initPid) throws IOException;

    /** A detached mount of the file that names resolvers for sandboxes on the bridge. */
    Fd resolverFile();

    /**
     * The sandbox is closed.
     *
     * @param gone whether nothing of it is left. Otherwise what is left may still run under its ids: no other sandbox
     *     gets them, and it goes on counting as one
     */
    void released(PreparedSandbox prepared, boolean gone);
}
