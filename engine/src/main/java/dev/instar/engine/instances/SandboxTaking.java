package dev.instar.engine.instances;

import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import java.nio.channels.SocketChannel;
import java.util.List;

/** What every start does with sandboxes, with failures in the engine's words. */
final class SandboxTaking {
    private SandboxTaking() {}

    /** What a start does in a sandbox. */
    interface Beginning {
        List<SocketChannel> begin() throws SandboxException;
    }

    /** Takes a sandbox; the caller destroys it if the start fails. */
    static Sandbox acquire(SandboxPool sandboxes, InstanceOutput output) throws InterruptedException {
        try {
            return sandboxes.acquire(output);
        } catch (SandboxException e) {
            throw failed(e);
        }
    }

    /**
     * As {@link #acquire}, for a start that can wait.
     *
     * @throws NoSandboxException if all sandboxes are in use; nothing has been changed then
     */
    static Sandbox acquireForCall(SandboxPool sandboxes, InstanceOutput output) throws InterruptedException {
        try {
            return sandboxes.acquire(output);
        } catch (SandboxException e) {
            throw e.exhausted() ? new NoSandboxException(String.valueOf(e.getMessage())) : failed(e);
        }
    }

    /** Starts a workload. */
    static List<Channel> begin(Beginning beginning) {
        try {
            return beginning.begin().stream().map(Channel::new).toList();
        } catch (SandboxException e) {
            throw failed(e);
        }
    }

    /** The end of a start can be an interrupt, and the sandbox has to go all the same. */
    static void destroy(Sandbox sandbox) {
        boolean interrupted = Thread.interrupted();
        try {
            sandbox.close();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static StartFailedException failed(SandboxException e) {
        return new StartFailedException(e.phase(), String.valueOf(e.getMessage()), e);
    }
}
