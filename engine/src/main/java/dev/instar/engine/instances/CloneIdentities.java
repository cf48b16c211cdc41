package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.runtime.WakeSettings;
import dev.instar.sandbox.Sandbox;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Gives each clone an identity and a random stream of its own. Thread-safe. */
final class CloneIdentities {
    private static final int ENTROPY = 64;

    private final Workloads workloads;
    private final SecureRandom random = new SecureRandom();

    CloneIdentities(Workloads workloads) {
        this.workloads = workloads;
    }

    /** What the clone in a sandbox is told as it wakes up. */
    WakeSettings of(String id, FunctionVersion version, Sandbox sandbox) {
        FunctionName name = version.spec().name();
        byte[] entropy = new byte[ENTROPY];
        random.nextBytes(entropy);
        return new WakeSettings(
                name.name(),
                name.namespace(),
                Integer.toString(version.number()),
                id,
                sandbox.id(),
                HexFormat.of().formatHex(entropy),
                workloads.environment(version));
    }
}
