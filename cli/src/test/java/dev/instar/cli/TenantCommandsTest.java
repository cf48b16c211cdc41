package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantCommandsTest {
    @TempDir
    Path home;

    private final RecordingGateway gateway = new RecordingGateway();

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aSecretComesFromStandardInputAFileOrTheCommandLine() throws Exception {
        gateway.answer("POST /system/secrets", 201, "");
        gateway.answer("PUT /system/secrets", 202, "");
        Path file = Files.write(home.resolve("secret"), new byte[] {0, (byte) 0xff});

        assertThat(run("from a pipe\n", "secret", "create", "key").status()).isZero();
        assertThat(sentValue()).isEqualTo("from a pipe\n".getBytes());
        assertThat(run("", "secret", "update", "key", "--from-file", file.toString())
                        .status())
                .isZero();
        assertThat(sentValue()).isEqualTo(new byte[] {0, (byte) 0xff});
        assertThat(run("", "secret", "create", "key", "--from-literal", "@literally", "-n", "team")
                        .status())
                .isZero();
        assertThat(sentValue()).isEqualTo("@literally".getBytes());
        assertThat(Json.parse(gateway.last().text()).path("namespace").asString())
                .isEqualTo("team");
    }

    @Test
    void anEmptySecretIsRefusedBeforeAnythingIsSent() {
        assertThat(run("", "secret", "create", "key").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("", "secret", "create", "key", "--from-file", "x", "--from-literal", "y")
                        .status())
                .isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    void optionsOfAGroupMayStandBeforeOrAfterItsCommand() {
        gateway.answer("GET /system/secrets", 200, "[{\"name\":\"key\",\"namespace\":\"a\"}]");
        CommandRun.Result before = CommandRun.in(home).run("secret", "-n", "a", "--gateway", gateway.url(), "list");
        assertThat(before.out()).isEqualTo("NAME  NAMESPACE\nkey   a\n");
        assertThat(gateway.last().query()).isEqualTo("namespace=a");
        run("", "secret", "list", "-n", "b");
        assertThat(gateway.last().query()).isEqualTo("namespace=b");
    }

    @Test
    void namespacesAreMadeAndBounded() {
        gateway.answer("POST /system/namespace", 201, "{\"name\":\"team\"}");
        gateway.answer("PUT /system/namespace/team", 200, "{\"name\":\"team\"}");
        assertThat(run("", "namespace", "create", "team", "--label", "cost=42").status())
                .isZero();
        assertThat(gateway.last().text()).isEqualTo("{\"name\":\"team\",\"labels\":{\"cost\":\"42\"}}");
        assertThat(run("", "namespace", "quota", "team", "--memory", "2Gi", "--instances", "3")
                        .status())
                .isZero();
        assertThat(Json.parse(gateway.last().text()))
                .isEqualTo(Json.parse("{\"name\":\"team\",\"quota\":{\"memoryBytes\":2147483648,\"instances\":3}}"));
        int sent = gateway.requests().size();
        assertThat(run("", "namespace", "quota", "team").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("", "namespace", "quota", "team", "--memory", "lots").status())
                .isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).hasSize(sent);
    }

    @Test
    void aNamespaceIsDescribedWithItsBounds() {
        gateway.answer(
                "GET /system/namespace/team",
                200,
                "{\"name\":\"team\",\"labels\":{},\"quota\":{\"functions\":0,\"instances\":3,\"memoryBytes\":1073741824,"
                        + "\"callsPerSecond\":0,\"diskBytes\":0}}");
        assertThat(run("", "namespace", "describe", "team").out()).isEqualTo("""
                        name:             team
                        labels:           {}
                        functions:        unbounded
                        instances:        3
                        memory:           1.00 GiB
                        calls per second: unbounded
                        disk:             unbounded
                        """);
    }

    @Test
    void tokensAreMadeForANamespaceOrTheNode() {
        gateway.answer("POST /system/tokens", 201, "{\"name\":\"ci\",\"token\":\"secret-text\"}");
        assertThat(run("", "token", "create", "ci", "--role", "deployer").out()).isEqualTo("secret-text\n");
        assertThat(gateway.last().text())
                .isEqualTo("{\"name\":\"ci\",\"namespace\":\"default\",\"role\":\"deployer\"}");
        run("", "token", "create", "ci", "--role", "viewer", "--node");
        assertThat(gateway.last().text()).isEqualTo("{\"name\":\"ci\",\"namespace\":\"\",\"role\":\"viewer\"}");
        int sent = gateway.requests().size();
        assertThat(run("", "token", "create", "ci", "--role", "emperor").status())
                .isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("", "token", "list", "--node", "-n", "a").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).hasSize(sent);
    }

    @Test
    void deadLettersAreListedRetriedAndDiscarded() {
        gateway.answer(
                "GET /system/async/dead-letters",
                200,
                "[{\"callId\":\"c1\",\"function\":\"noop\",\"attempts\":5,\"reason\":\"HTTP 500\","
                        + "\"failedAt\":\"2024-01-01T00:00:00Z\"}]");
        gateway.answer("POST /system/async/dead-letters/c1/retry", 202, "");
        gateway.answer("DELETE /system/async/dead-letters/c1", 202, "");
        assertThat(run("", "async", "dead-letters").out()).isEqualTo("""
                        CALL  FUNCTION  ATTEMPTS  FAILED                REASON
                        c1    noop             5  2024-01-01T00:00:00Z  HTTP 500
                        """);
        assertThat(run("", "async", "retry", "c1").status()).isZero();
        assertThat(run("", "async", "discard", "c1").status()).isZero();
        assertThat(run("", "async", "discard", "c2").status()).isEqualTo(ExitStatus.FAILED);
    }

    @Test
    void theAuditLogIsATable() {
        gateway.answer(
                "GET /system/audit",
                200,
                "[{\"time\":\"2024-01-01T00:00:00Z\",\"who\":\"admin\",\"action\":\"function.deploy\",\"target\":\"noop\","
                        + "\"outcome\":\"ok\"}]");
        assertThat(run("", "audit", "--limit", "3").out()).isEqualTo("""
                        TIME                  WHO    ACTION           TARGET  OUTCOME
                        2024-01-01T00:00:00Z  admin  function.deploy  noop    ok
                        """);
        assertThat(gateway.last().query()).isEqualTo("limit=3");
    }

    private byte[] sentValue() {
        return Base64.getDecoder()
                .decode(Json.parse(gateway.last().text()).path("rawValue").asString());
    }

    private CommandRun.Result run(String input, String... arguments) {
        return CommandRun.in(home)
                .with("INSTAR_GATEWAY", gateway.url())
                .input(input)
                .run(arguments);
    }
}
