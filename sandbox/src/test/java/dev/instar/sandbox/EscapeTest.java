package dev.instar.sandbox;

import java.util.List;
import java.util.Map;

/** Hostile programs that are executed in sandboxes. */
class EscapeTest extends EscapeSuite {
    @Override
    protected RunningProgram start(List<String> command, Map<String, String> environment) throws Exception {
        return fixture()
                .start(fixture()
                        .workload(
                                command,
                                SandboxFixture.TIGHT,
                                environment,
                                fixture().code()));
    }
}
