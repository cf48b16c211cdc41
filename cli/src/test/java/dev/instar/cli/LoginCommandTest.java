package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoginCommandTest {
    @TempDir
    Path home;

    private RecordingGateway gateway;

    @BeforeEach
    void listen() {
        gateway = new RecordingGateway().answer("GET /system/functions", 200, "[]");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void whatWasAcceptedIsKeptForItsOwnerAndUsedFromThenOn() throws Exception {
        assertThat(run().input("a-token\n")
                        .run("login", "--token", "--gateway", gateway.url())
                        .status())
                .isZero();
        Path file = home.resolve(".config/instar/credentials");
        assertThat(Files.readString(file)).isEqualTo(gateway.url() + " token a-token\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");

        run().run("list", "--gateway", gateway.url());
        assertThat(gateway.last().header("Authorization")).isEqualTo("Bearer a-token");

        assertThat(run().input("a password with spaces")
                        .run("login", "--gateway", gateway.url())
                        .status())
                .isZero();
        run().run("list", "--gateway", gateway.url() + "/");
        assertThat(gateway.last().header("Authorization")).isEqualTo("Basic YWRtaW46YSBwYXNzd29yZCB3aXRoIHNwYWNlcw==");

        run().run("login", "--forget", "--gateway", gateway.url());
        assertThat(Files.readString(file)).isEmpty();
    }

    @Test
    void whatIsRefusedIsNotKept() {
        gateway.answer("GET /system/functions", 401, "");
        assertThat(run().input("wrong").run("login", "--gateway", gateway.url()).status())
                .isEqualTo(ExitStatus.NO_ACCESS);
        assertThat(home.resolve(".config")).doesNotExist();
        assertThat(run().input("").run("login", "--gateway", gateway.url()).status())
                .isEqualTo(ExitStatus.BAD_INPUT);
    }

    @Test
    void aFileThatOthersCanReadIsRefused() throws Exception {
        run().input("a-token").run("login", "--token", "--gateway", gateway.url());
        Path file = home.resolve(".config/instar/credentials");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        CommandRun.Result result = run().run("list", "--gateway", gateway.url());
        assertThat(result.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(result.err()).contains("chmod 600");
    }

    @Test
    void theEnvironmentComesFirstAndTheLocalNodesPasswordLast() throws Exception {
        Files.createDirectories(home.resolve("data"));
        Files.writeString(home.resolve("data/admin-password"), "local\n");
        run().run("list", "--gateway", gateway.url());
        assertThat(gateway.last().header("Authorization")).isEqualTo("Basic YWRtaW46bG9jYWw=");

        run().input("kept").run("login", "--token", "--gateway", gateway.url());
        run().run("list", "--gateway", gateway.url());
        assertThat(gateway.last().header("Authorization")).isEqualTo("Bearer kept");

        run().with("INSTAR_PASSWORD", "pw").with("INSTAR_USER", "u").run("list", "--gateway", gateway.url());
        assertThat(gateway.last().header("Authorization")).isEqualTo("Basic dTpwdw==");

        run().with("INSTAR_PASSWORD", "pw").with("INSTAR_TOKEN", "t").run("list", "--gateway", gateway.url());
        assertThat(gateway.last().header("Authorization")).isEqualTo("Bearer t");
    }

    @Test
    void aGatewayAddressMustBeOne() {
        for (String address :
                new String[] {"localhost:8080", "ftp://x", "http://", "http://h:1/path", "http://h:x y"}) {
            assertThat(run().run("list", "--gateway", address).status())
                    .as(address)
                    .isEqualTo(ExitStatus.BAD_INPUT);
        }
    }

    private CommandRun run() {
        return CommandRun.in(home);
    }
}
