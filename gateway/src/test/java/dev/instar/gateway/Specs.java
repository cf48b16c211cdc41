package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Specs of functions for tests. */
final class Specs {
    private Specs() {}

    static FunctionSpec of(FunctionName name, boolean publicAccess) {
        return new FunctionSpec(
                name,
                "",
                RuntimeKind.PROGRAM,
                HandlerConvention.WATCHDOG,
                "",
                List.of("/bin/cat"),
                Map.of("GREETING", "hello"),
                List.of(),
                ResourceLimits.DEFAULT,
                Duration.ofSeconds(30),
                1,
                NetworkMode.NONE,
                Map.of("team", "a"),
                Map.of(),
                List.of(),
                "",
                List.of(),
                FunctionSpec.Scaling.DEFAULT,
                List.of(),
                publicAccess,
                StartPreference.TEMPLATE);
    }
}
