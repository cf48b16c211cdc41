package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node processes that park and wake up, here without being cloned in between. */
@Timeout(60)
class NodeTemplateTest {
    @Test
    void takesIdentityAndEnvironment() throws Exception {
        String source = """
                exports.handler = async (event, context) => {
                  const child = require('child_process').execFileSync('/usr/bin/env', { encoding: 'utf8' });
                  return JSON.stringify([Object.entries(process.env).filter(([name]) => !/^AWS|LAMBDA|_HANDLER/.test(name)).sort(),
                    child.includes('OLD'), context.functionName, context.functionVersion, context.logStreamName,
                    process.env.AWS_LAMBDA_FUNCTION_NAME, process.pid]);
                };
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .template()
                .environment("OLD", "1")
                .start(HandlerConvention.LAMBDA)) {
            assertThat(shim.get("/", "").text()).contains("OLD");
            assertThat(shim.channel().park()).isEqualTo(new ParkResult.Parked(java.util.List.of()));
            shim.channel().wake(PythonTemplateTest.settings("a"));
            shim.channel()
                    .sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), java.io.InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new WakeResult.Awake());
            assertThat(Shim.answer(shim.channel()).text())
                    .isEqualTo("[[[\"NEW\",\"ä=1\"],[\"PATH\",\"/usr/bin:/bin\"]],false,"
                            + "\"demo2\",\"8\",\"i-43\",\"demo2\"," + shim.process.pid() + "]");
            assertThat(shim.get("/", "").status()).isEqualTo(200);
        }
    }
}
