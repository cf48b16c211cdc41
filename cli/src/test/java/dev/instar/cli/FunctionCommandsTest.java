package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionCommandsTest {
    private static final String LIST = """
            [{"name":"noop","namespace":"default","runtime":"python","version":3,"replicas":2,"invocationCount":41,
              "createdAt":"2000-01-01T00:00:00Z"},
             {"name":"a-page","namespace":"default","runtime":"program","version":11,"replicas":0,"invocationCount":0,
              "createdAt":"2000-01-01T00:00:00Z"}]""";

    @TempDir
    Path home;

    private RecordingGateway gateway;

    @BeforeEach
    void listen() {
        gateway = new RecordingGateway();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void listShowsATable() {
        gateway.answer("GET /system/functions", 200, LIST);
        CommandRun.Result result = run("list");
        assertThat(result.status()).isZero();
        assertThat(result.out().replaceAll("\\d+d\n", "AGE\n")).isEqualTo("""
                        NAME    RUNTIME  VERSION  INSTANCES  CALLS    AGE
                        noop    python         3          2     41  AGE
                        a-page  program       11          0      0  AGE
                        """);
        assertThat(gateway.last().query()).isEqualTo("namespace=default");
    }

    @Test
    void jsonIsWhatTheNodeAnswered() {
        gateway.answer("GET /system/functions", 200, LIST);
        CommandRun.Result result = run("list", "--json", "-n", "team");
        assertThat(Json.parse(result.out())).isEqualTo(Json.parse(LIST));
        assertThat(gateway.last().query()).isEqualTo("namespace=team");
    }

    @Test
    void namespaceComesFromTheEnvironmentOrTheName() {
        gateway.answer("GET /system/functions", 200, "[]");
        CommandRun.in(home).with("INSTAR_NAMESPACE", "blue").run("list", "--gateway", gateway.url());
        assertThat(gateway.last().query()).isEqualTo("namespace=blue");
        gateway.answer("POST /system/scale-function/noop", 202, "");
        assertThat(run("scale", "noop.green", "2").status()).isZero();
        assertThat(Json.parse(gateway.last().text()))
                .isEqualTo(Json.parse("{\"serviceName\":\"noop\",\"namespace\":\"green\",\"replicas\":2}"));
        assertThat(run("scale", "noop.green", "2", "--namespace", "red").status())
                .isEqualTo(ExitStatus.BAD_INPUT);
    }

    @Test
    void describeShowsFieldsAndVersions() {
        gateway.answer(
                "GET /system/function/noop", 200, "{\"name\":\"noop\",\"labels\":{\"a\":\"b\"},\"handler\":\"\"}");
        gateway.answer(
                "GET /system/function/noop/versions",
                200,
                "[{\"version\":2,\"digest\":\"sha256:cd\",\"createdAt\":\"2024-01-02T00:00:00Z\"}]");
        assertThat(run("describe", "noop").out()).isEqualTo("""
                        name:                noop
                        labels:              {"a":"b"}

                        VERSION  DIGEST     CREATED
                              2  sha256:cd  2024-01-02T00:00:00Z
                        """);
        gateway.answer(
                "GET /system/template/noop", 200, "{\"state\":\"refused\",\"reason\":\"descriptor 5 is a socket\"}");
        assertThat(run("describe", "noop").out())
                .contains("labels:              {\"a\":\"b\"}\n"
                        + "template:            refused: descriptor 5 is a socket\n\n");
        assertThat(Json.parse(run("describe", "noop", "--json").out())
                        .path("template")
                        .path("state")
                        .asString())
                .isEqualTo("refused");
    }

    @Test
    void removeSendsOneRequestForEachFunction() {
        gateway.answer("DELETE /system/functions", 202, "");
        CommandRun.Result result = run("remove", "one", "two");
        assertThat(result.status()).isZero();
        assertThat(gateway.requests()).hasSize(2);
        assertThat(Json.parse(gateway.last().text()))
                .isEqualTo(Json.parse("{\"functionName\":\"two\",\"namespace\":\"default\"}"));
    }

    @Test
    void rollbackNamesTheVersion() {
        gateway.answer("POST /system/rollback-function/noop", 200, "{\"version\":4}");
        CommandRun.Result result = run("rollback", "noop", "--to", "4");
        assertThat(result.err()).contains("noop.default is at version 4");
        assertThat(gateway.last().text()).isEqualTo("{\"version\":4}");
    }

    @Test
    void logsAreShownAsTheyCome() {
        gateway.answer(
                "GET /system/logs",
                200,
                "{\"timestamp\":\"2024-01-01T00:00:00Z\",\"instance\":\"i1\",\"text\":\"hello\"}\n"
                        + "{\"timestamp\":\"2024-01-01T00:00:01Z\",\"instance\":\"i1\",\"text\":\"\"}\n");
        CommandRun.Result result = run("logs", "noop", "--tail", "5", "--since", "2024-01-01T00:00:00Z");
        assertThat(result.out()).isEqualTo("2024-01-01T00:00:00Z i1 hello\n2024-01-01T00:00:01Z i1 \n");
        assertThat(gateway.last().query())
                .isEqualTo("follow=false&name=noop&namespace=default&since=2024-01-01T00%3A00%3A00Z&tail=5");
        assertThat(run("logs", "noop", "--since", "yesterday").status()).isEqualTo(ExitStatus.BAD_INPUT);
    }

    @Test
    void theNodesMessageIsShownAsOneLine() {
        gateway.answer(
                "POST /system/scale-function/noop", 400, "{\"error\":\"above the maximum of 4\",\"status\":400}");
        CommandRun.Result result = run("scale", "noop", "9");
        assertThat(result.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(result.err()).isEqualTo("instar: above the maximum of 4\n");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void badUsageIsStatusTwoAndSendsNothing() {
        assertThat(run("scale", "noop").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("scale", "noop", "many").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("scale", "noop", "-1").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("list", "--unknown").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("no-such-command").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("secret").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    void statusReadsLikeASentence() {
        gateway.answer(
                "GET /system/status",
                200,
                "{\"draining\":true,\"instances\":3,\"sandboxesReady\":8,\"running\":1,\"queued\":0,"
                        + "\"memoryBytes\":1048576,\"memoryBoundBytes\":2097152}");
        assertThat(run("status").out())
                .contains("(draining)", "instances        3", "memory           1.00 MiB of 2.00 MiB");
    }

    @Test
    void drainTellsWhetherTheNodeIsIdle() {
        gateway.answer("POST /system/drain", 200, "{\"drained\":false}");
        assertThat(run("drain", "--timeout", "1").status()).isEqualTo(ExitStatus.FAILED);
        assertThat(gateway.last().query()).isEqualTo("timeout=1");
        gateway.answer("POST /system/drain", 200, "{\"drained\":true}");
        assertThat(run("drain").status()).isZero();
    }

    @Test
    void helpIsPrintedForEveryCommand() {
        CommandRun.Result help = run("--help");
        assertThat(help.status()).isZero();
        for (String command :
                CommandTree.whole(Console.ofProcess()).getSubcommands().keySet()) {
            CommandRun.Result result = CommandRun.in(home).run(command, "--help");
            assertThat(result.status()).as(command).isZero();
            assertThat(result.out()).as(command).contains("Usage: instar");
        }
        assertThat(help.out()).doesNotContain("train");
    }

    private CommandRun.Result run(String... arguments) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--gateway";
        all[arguments.length + 1] = gateway.url();
        return CommandRun.in(home).run(arguments[0].equals("--help") ? arguments : all);
    }
}
