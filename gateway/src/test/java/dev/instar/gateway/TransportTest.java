package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, Unix sockets, start and end of the server. */
final class TransportTest {
    @TempDir
    Path directory;

    private static KeyStore store(Path directory) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in =
                new FileInputStream(directory.resolve("gateway.p12").toFile())) {
            store.load(in, password(directory));
        }
        return store;
    }

    private static char[] password(Path directory) throws IOException {
        return Files.readString(directory.resolve("gateway.p12.password"))
                .strip()
                .toCharArray();
    }

    private static HttpClient trusting(KeyStore own) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("gateway", own.getCertificate("gateway"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static void assertServes(Gateway gateway, HttpClient client) throws Exception {
        gateway.echo("echo");
        String body = "x".repeat(200_000);
        for (String host : new String[] {"localhost", "127.0.0.1"}) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("https://" + host + ":" + gateway.server.port() + "/function/echo"))
                    .header("Authorization", Gateway.ADMIN)
                    .POST(BodyPublishers.ofString(body))
                    .build();
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(body);
        }
    }

    @Test
    void servesTlsWithEachKindOfMaterial() throws Exception {
        TlsSource own = new TlsSource.SelfSigned(directory);
        try (Gateway gateway = Gateway.start(settings -> settings.withTls(own))) {
            try (HttpClient client = trusting(store(directory))) {
                assertServes(gateway, client);
            }
            assertThat(gateway.server.url()).startsWith("https://");
        }
        KeyStore made = store(directory);
        for (String file : new String[] {"gateway.p12", "gateway.p12.password"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(file))))
                    .isEqualTo("rw-------");
        }

        TlsSource again = new TlsSource.Pkcs12(directory.resolve("gateway.p12"), new String(password(directory)));
        TlsSource pem = writePem(made);
        for (TlsSource source : new TlsSource[] {own, again, pem}) {
            try (Gateway gateway = Gateway.start(settings -> settings.withTls(source));
                    HttpClient client = trusting(made)) {
                assertServes(gateway, client);
            }
        }
    }

    private TlsSource writePem(KeyStore store) throws Exception {
        Base64.Encoder encoder = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
        Path certificate = directory.resolve("cert.pem");
        Path key = directory.resolve("key.pem");
        Files.writeString(
                certificate,
                "-----BEGIN CERTIFICATE-----\n"
                        + encoder.encodeToString(store.getCertificate("gateway").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        Files.writeString(
                key,
                "-----BEGIN PRIVATE KEY-----\n"
                        + encoder.encodeToString(
                                store.getKey("gateway", password(directory)).getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        return new TlsSource.Pem(certificate, key);
    }

    @Test
    void refusesMaterialThatIsNone() throws IOException {
        Path junk = Files.writeString(directory.resolve("junk.pem"), "junk");
        Path absent = directory.resolve("absent");
        assertThatThrownBy(() -> startWith(new TlsSource.Pem(junk, junk)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("junk.pem");
        assertThatThrownBy(() -> startWith(new TlsSource.Pkcs12(absent, "x")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("absent");
        assertThat(new TlsSource.Pkcs12(absent, "hush").toString()).doesNotContain("hush");
    }

    private static void startWith(TlsSource source) {
        Gateway.start(settings -> settings.withTls(source)).close();
    }

    @Test
    void cutsAHandshakeThatDoesNotCome() throws Exception {
        Duration soon = Duration.ofMillis(600);
        GatewayLimits limits = GatewayLimits.DEFAULT.withTimes(soon, soon, soon, soon);
        try (Gateway gateway = Gateway.start(settings ->
                        settings.withTls(new TlsSource.SelfSigned(directory)).withLimits(limits));
                RawClient silent = gateway.raw();
                RawClient plain = gateway.raw()) {
            plain.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(plain.readToEnd()).doesNotContain("HTTP/1.1");
            assertThat(silent.readToEnd()).isEmpty();
        }
    }

    @Test
    void servesAUnixSocketForItsOwner() throws Exception {
        Path socket = directory.resolve("gateway.sock");
        Files.writeString(socket, "left behind");
        try (Gateway gateway = Gateway.start(settings -> settings.withUnixSocket(socket))) {
            gateway.echo("echo");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket));
                String request = "POST /function/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n"
                        + "Authorization: " + Gateway.ADMIN + "\r\n\r\nhi";
                channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
                ByteArrayOutputStream reply = new ByteArrayOutputStream();
                Channels.newInputStream(channel).transferTo(reply);
                assertThat(reply.toString(StandardCharsets.US_ASCII))
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("hi");
            }
            assertThat(gateway.send(gateway.admin("/function/echo")).statusCode())
                    .isEqualTo(200);
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void aPortInUseIsAnError() {
        try (Gateway gateway = Gateway.start()) {
            GatewaySettings same = GatewaySettings.on("127.0.0.1", gateway.server.port());
            assertThatThrownBy(() -> GatewayServer.start(same, gateway.engine, new GatewayMetrics()))
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void letsRunningCallsFinishWhenItCloses() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Gateway gateway = Gateway.start();
        gateway.engine.install("slow", false, (call, reply) -> {
            running.countDown();
            try {
                release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            MemoryEngine.echo(call, reply);
        });
        CompletableFuture<HttpResponse<String>> reply = gateway.client.sendAsync(
                gateway.admin("/function/slow")
                        .POST(BodyPublishers.ofString("done"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
        Thread closing = Thread.startVirtualThread(gateway::close);
        await().until(() -> !accepts(gateway.server.port()));
        release.countDown();
        assertThat(reply.get(20, TimeUnit.SECONDS).body()).isEqualTo("done");
        closing.join();
    }

    private static boolean accepts(int port) {
        try (RawClient client = new RawClient(port)) {
            return client.socket.isConnected();
        } catch (IOException _) {
            return false;
        }
    }
}
