package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/** Makes instance ids such as {@code noop-v3-9f1c2a7b-12}: unique on this node, also across its restarts. */
final class InstanceIds {
    private final String run;
    private final AtomicLong next = new AtomicLong(1);

    InstanceIds(SecureRandom random) {
        this.run = HexFormat.of().toHexDigits(random.nextInt());
    }

    String next(FunctionVersion version) {
        return version.spec().name().name() + "-v" + version.number() + "-" + run + "-" + next.getAndIncrement();
    }
}
