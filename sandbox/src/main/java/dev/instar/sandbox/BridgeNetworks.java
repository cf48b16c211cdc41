package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Path;

/** The node's bridge. */
final class BridgeNetworks implements AutoCloseable {
    private final SandboxSettings settings;

    BridgeNetworks(SandboxSettings settings) {
        this.settings = settings;
    }

    AutoCloseable attach(int initPid, String sandboxId) throws IOException {
        throw new IOException("sandbox " + sandboxId + " cannot join network " + settings.bridgeNetwork());
    }

    Path resolverFile() {
        return settings.runDirectory().resolve("resolv.conf");
    }

    @Override
    public void close() {}
}
