package dev.instar.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.RecordingGateway;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayClientTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "400, 2", "401, 3", "403, 3", "404, 1", "409, 1", "413, 2", "429, 1", "500, 1", "502, 1", "503, 1", "507, 1"
    })
    void statusesBecomeExitStatusesWithTheNodesMessage(int httpStatus, int exitStatus) {
        try (RecordingGateway gateway = new RecordingGateway();
                GatewayClient client = client(gateway.url(), new Credentials.None())) {
            gateway.answer("GET /x", httpStatus, "{\"error\":\"because of this\",\"status\":" + httpStatus + "}");
            CommandException failure = failure(() -> client.get("/x", Map.of()));
            assertThat(failure.exitStatus()).isEqualTo(exitStatus);
            assertThat(failure).hasMessageContaining(httpStatus == 401 ? "instar login" : "because of this");
        }
    }

    @Test
    void credentialsAreSentAsHeaders() {
        try (RecordingGateway gateway = new RecordingGateway().answer("GET /x", 200, "{}")) {
            try (GatewayClient client = client(gateway.url(), new Credentials.Password("admin", "pä:ss"))) {
                client.get("/x", Map.of());
            }
            assertThat(gateway.last().header("Authorization")).isEqualTo("Basic YWRtaW46cMOkOnNz");
            try (GatewayClient client = client(gateway.url(), new Credentials.Token("t0"))) {
                client.get("/x", Map.of());
            }
            assertThat(gateway.last().header("Authorization")).isEqualTo("Bearer t0");
            try (GatewayClient client = client(gateway.url(), new Credentials.None())) {
                client.get("/x", Map.of());
            }
            assertThat(gateway.last().header("Authorization")).isEmpty();
        }
    }

    @Test
    void aNodeThatIsNotThereIsStatusThreeWithTheRemedy() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        try (GatewayClient client = client("http://127.0.0.1:" + free, new Credentials.None())) {
            CommandException failure = failure(() -> client.get("/x", Map.of()));
            assertThat(failure.exitStatus()).isEqualTo(ExitStatus.NO_ACCESS);
            assertThat(failure).hasMessageContaining("nothing listens there").hasMessageContaining("instar up");
        }
        try (GatewayClient client = client("http://no-such-host.invalid:1", new Credentials.None())) {
            CommandException failure = failure(() -> client.get("/x", Map.of()));
            assertThat(failure.exitStatus()).isEqualTo(ExitStatus.NO_ACCESS);
            assertThat(failure).hasMessageContaining("host name is not known");
        }
    }

    @Test
    void somethingElseOnThePortIsSaidSo() {
        try (RecordingGateway gateway = new RecordingGateway().answer("GET /x", 200, "<html>");
                GatewayClient client = client(gateway.url(), new Credentials.None())) {
            assertThat(failure(() -> client.get("/x", Map.of()))).hasMessageContaining("does not answer like a node");
        }
    }

    @Test
    void aConnectionThatBreaksIsStatusOne() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                GatewayClient client = client("http://127.0.0.1:" + socket.getLocalPort(), new Credentials.None())) {
            Thread closer = Thread.ofVirtual().start(() -> {
                try {
                    socket.accept().close();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            CommandException failure = failure(() -> client.send("POST", "/x", Map.of()));
            assertThat(failure.exitStatus()).isEqualTo(ExitStatus.FAILED);
            closer.join();
        }
    }

    @Test
    void linesArePassedOnAndErrorsOfAStreamAreErrors() {
        try (RecordingGateway gateway = new RecordingGateway().answer("GET /x", 200, "a\nb\n");
                GatewayClient client = client(gateway.url(), new Credentials.None())) {
            List<String> lines = new ArrayList<>();
            client.lines("/x", Map.of("q", "a b&c"), lines::add);
            assertThat(lines).containsExactly("a", "b");
            assertThat(gateway.last().query()).isEqualTo("q=a%20b%26c");
            assertThat(failure(() -> client.lines("/y", Map.of(), lines::add)).exitStatus())
                    .isEqualTo(ExitStatus.FAILED);
        }
    }

    @Test
    void filesAreUploadedWhole() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway().answer("PUT /c", 201, "{\"digest\":\"sha256:1\"}");
                GatewayClient client = client(gateway.url(), new Credentials.None())) {
            Path file = Files.write(directory.resolve("code"), new byte[3_000_000]);
            assertThat(client.upload("/c", Map.of(), file).path("digest").asString())
                    .isEqualTo("sha256:1");
            assertThat(gateway.last().body()).hasSize(3_000_000);
            assertThat(failure(() -> client.upload("/c", Map.of(), directory.resolve("absent")))
                            .exitStatus())
                    .isEqualTo(ExitStatus.BAD_INPUT);
        }
    }

    @Test
    void aSelfSignedCertificateIsTrustedWhenNamedAndNotOtherwise() throws Exception {
        Path store = directory.resolve("server.p12");
        Path certificate = directory.resolve("server.pem");
        keytool(
                "-genkeypair",
                "-alias",
                "s",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=IP:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit",
                "-storetype",
                "PKCS12");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "s",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit",
                "-file",
                certificate.toString());
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context(store)));
        try (RecordingGateway gateway = new RecordingGateway(server).answer("GET /x", 200, "{}")) {
            URI url = URI.create("https://127.0.0.1:" + gateway.port());
            try (GatewayClient client = new GatewayClient(url, new Credentials.None(), Optional.empty())) {
                CommandException failure = failure(() -> client.get("/x", Map.of()));
                assertThat(failure.exitStatus()).isEqualTo(ExitStatus.NO_ACCESS);
                assertThat(failure).hasMessageContaining("--ca-cert");
            }
            try (GatewayClient client = new GatewayClient(url, new Credentials.None(), Optional.of(certificate))) {
                assertThat(client.get("/x", Map.of()).isObject()).isTrue();
            }
        }
        Path broken = Files.writeString(directory.resolve("broken.pem"), "not a certificate");
        assertThat(failure(() -> new GatewayClient(
                                        URI.create("https://127.0.0.1:1"), new Credentials.None(), Optional.of(broken))
                                .close())
                        .exitStatus())
                .isEqualTo(ExitStatus.BAD_INPUT);
    }

    private static SSLContext context(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static GatewayClient client(String url, Credentials credentials) {
        return new GatewayClient(URI.create(url), credentials, Optional.empty());
    }

    private static CommandException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        CommandException failure = catchThrowableOfType(CommandException.class, call);
        assertThat(failure).as("the call should fail").isNotNull();
        return failure;
    }
}
