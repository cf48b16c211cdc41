package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InvokeCommandTest {
    @TempDir
    Path home;

    private final RecordingGateway gateway = new RecordingGateway();

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void theReplyPassesThroughByteForByte() {
        gateway.answer("GET /function/noop.default", 200, "\u0000\u00ff\r\n");
        CommandRun.Result result = run("invoke", "noop");
        assertThat(result.status()).isZero();
        assertThat(result.bytes()).isEqualTo(new byte[] {0, (byte) 0xff, '\r', '\n'});
        assertThat(result.err()).isEmpty();
    }

    @Test
    void dataMakesItAPost() {
        gateway.answer("POST /function/noop.team", 200, "ok");
        assertThat(run("invoke", "noop.team", "-d", "grüße").status()).isZero();
        assertThat(gateway.last().text()).isEqualTo("grüße");
    }

    @Test
    void dataComesFromAFileOrStandardInput() throws Exception {
        gateway.answer("PUT /function/noop.default/a/b", 200, "ok");
        Path file = Files.writeString(home.resolve("body"), "from a file");
        String[] call = {"invoke", "noop", "-X", "put", "--path", "a/b?c=d", "-H", "X-One: 1", "-H", "X-Two:2", "-d"};
        assertThat(run(with(call, "@" + file)).status()).isZero();
        assertThat(gateway.last().text()).isEqualTo("from a file");
        assertThat(gateway.last().query()).isEqualTo("c=d");
        assertThat(gateway.last().header("X-one")).isEqualTo("1");
        assertThat(gateway.last().header("X-two")).isEqualTo("2");
        CommandRun.in(home).input("from a pipe").run(with(with(call, "-"), "--gateway", gateway.url()));
        assertThat(gateway.last().text()).isEqualTo("from a pipe");
        assertThat(run(with(call, "@" + home.resolve("absent"))).status()).isEqualTo(ExitStatus.BAD_INPUT);
    }

    @Test
    void anErrorOfTheFunctionIsStatusOneWithItsReplyShown() {
        gateway.answer("GET /function/noop.default", 502, "it crashed");
        CommandRun.Result result = run("invoke", "noop");
        assertThat(result.status()).isEqualTo(ExitStatus.FAILED);
        assertThat(result.out()).isEqualTo("it crashed");
        assertThat(result.err()).isEqualTo("instar: HTTP status 502\n");
    }

    @Test
    void verboseShowsHowTheCallWasServed() {
        gateway.answer(
                "GET /function/noop.default",
                new RecordingGateway.Answer(200, Map.of("X-Instar-Start", "cold", "X-Instar-Start-Ms", "41.5"), "x"));
        assertThat(run("invoke", "noop", "-v").err()).contains("HTTP 200", "x-instar-start: cold", "-start-ms: 41.5");
    }

    @Test
    void jsonHoldsStatusHeadersAndBody() {
        gateway.answer(
                "GET /function/noop.default",
                new RecordingGateway.Answer(201, Map.of("X-Instar-Start", "warm"), "\u00ff"));
        var reply = Json.parse(run("invoke", "noop", "--json").out());
        assertThat(reply.path("status").asInt()).isEqualTo(201);
        assertThat(reply.path("headers").path("x-instar-start").asString()).isEqualTo("warm");
        assertThat(reply.path("bodyBase64").asString()).isEqualTo("/w==");
    }

    @Test
    void asynchronousCallsAreQueued() {
        gateway.answer("POST /async-function/noop.default", 202, "");
        CommandRun.Result result =
                run("invoke", "noop", "--async", "--callback", "http://127.0.0.1:9/x", "-d", "later");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEqualTo("accepted\n");
        assertThat(gateway.last().header("X-callback-url")).isEqualTo("http://127.0.0.1:9/x");
        assertThat(run("invoke", "noop", "--callback", "http://127.0.0.1:9/x").status())
                .isEqualTo(ExitStatus.BAD_INPUT);
    }

    @Test
    void badArgumentsSendNothing() {
        assertThat(run("invoke", "noop", "-X", "G E T").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("invoke", "noop", "-H", "no colon").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("invoke", "noop", "-H", "Bad\nName: x").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("invoke", "noop", "--path", "a b").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("invoke", "noop", "--timeout", "0").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).isEmpty();
    }

    private CommandRun.Result run(String... arguments) {
        return CommandRun.in(home).run(with(arguments, "--gateway", gateway.url()));
    }

    private static String[] with(String[] arguments, String... more) {
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return all;
    }
}
