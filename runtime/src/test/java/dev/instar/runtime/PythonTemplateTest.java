package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Python processes that park and wake up, here without being cloned in between. */
@Timeout(60)
class PythonTemplateTest {
    static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/bin:/bin", "NEW", "ä=1", "HOSTNAME", "env-host");

    static WakeSettings wake(String digit) {
        return new WakeSettings("demo2", "team2", "8", "i-43", "host-" + digit, digit.repeat(128), ENVIRONMENT);
    }

    @Test
    void takesIdentityAndEnvironment() throws Exception {
        String source = """
                import os, subprocess
                def handle(event, context):
                    child = subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout
                    return repr([sorted(os.environ.items()), sorted(child.split("\\n")), context.hostname,
                                 context.function_name, context.namespace])
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .template()
                .environment("OLD", "1")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).contains("OLD");
            assertThat(shim.channel().park()).isEqualTo(new ParkResult.Parked(java.util.List.of()));
            shim.channel().wake(wake("a"));
            shim.channel()
                    .sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), java.io.InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new WakeResult.Awake());
            assertThat(Shim.answer(shim.channel()).text())
                    .isEqualTo(
                            "[[('HOSTNAME', 'env-host'), ('NEW', 'ä=1'), ('PATH', '/usr/bin:/bin')], "
                                    + "['', 'HOSTNAME=env-host', 'NEW=ä=1', 'PATH=/usr/bin:/bin'], 'host-a', 'demo2', 'team2']");
        }
    }
}
