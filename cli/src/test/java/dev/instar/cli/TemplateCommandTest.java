package dev.instar.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateCommandTest {
    private static final String READY = """
            {"name":"page","namespace":"default","version":3,"state":"ready","reason":"","warnings":["a seeded generator"],
             "image":{"id":"sha256:ab","createdAt":"2024-01-02T00:00:00Z","contentBytes":31457280,"addedBytes":4194304,
              "sharedBytes":29360128,"regions":112,"threads":9,"mayHoldSecrets":true}}""";
    private static final String REFUSED = """
            {"name":"feed","namespace":"default","version":1,"state":"refused",
             "reason":"descriptor 5 is a connected socket\\u001b[2J: connect at the first call","warnings":[]}""";
    private static final String IMAGE = "/system/template/page/image";

    @TempDir
    Path home;

    private final RecordingGateway gateway = new RecordingGateway();

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void listShowsStatesSizesAndReasons() {
        gateway.answer("GET /system/templates", 200, "[" + REFUSED + "," + READY + "]");
        assertThat(run("list", "-n", "team").out()).isEqualTo("""
                NAME  VERSION  STATE     CONTENT     ADDED    SHARED  WARNINGS  REASON
                feed        1  refused         -         -         -         0  descriptor 5 is a connected socket?[2J: connect at the first call
                page        3  ready    30.0 MiB  4.00 MiB  28.0 MiB         1
                """);
        assertThat(gateway.last().query()).isEqualTo("namespace=team");
        assertThat(Json.parse(run("list", "--json").out())).isEqualTo(Json.parse("[" + REFUSED + "," + READY + "]"));
    }

    @Test
    void describeShowsEverything() {
        gateway.answer("GET /system/template/page", 200, READY).answer("GET /system/template/feed", 200, REFUSED);
        assertThat(run("describe", "page").out()).isEqualTo("""
                function:      page.default
                version:       3
                state:         ready
                warning:       a seeded generator
                image:         sha256:ab
                captured:      2024-01-02T00:00:00Z
                content:       30.0 MiB
                added to pool: 4.00 MiB
                shared:        28.0 MiB
                regions:       112
                threads:       9
                secrets:       may be in it
                """);
        assertThat(run("describe", "feed").out()).isEqualTo("""
                function:      feed.default
                version:       1
                state:         refused
                reason:        descriptor 5 is a connected socket?[2J: connect at the first call
                """);
        assertThat(Json.parse(run("describe", "page", "--json").out())).isEqualTo(Json.parse(READY));
        assertThat(run("describe", "absent").status()).isEqualTo(ExitStatus.FAILED);
    }

    @Test
    void rebuildAsksForIt() {
        gateway.answer("POST /system/template/page/rebuild", 202, "");
        CommandRun.Result result = run("rebuild", "page.shop");
        assertThat(result.status()).isZero();
        assertThat(result.err()).contains("page.shop is being made", "instar template describe page.shop");
        assertThat(gateway.last().query()).isEqualTo("namespace=shop");
        assertThat(Json.parse(run("rebuild", "page", "--json").out()))
                .isEqualTo(Json.parse("{\"name\":\"page\",\"namespace\":\"default\"}"));
    }

    @Test
    void exportWritesAFileForItsOwnerAlone() throws Exception {
        gateway.answer("GET " + IMAGE, new RecordingGateway.Answer(200, Map.of(), "\u0000\u00ffimage"));
        Path passphrase = Files.writeString(home.resolve("passphrase"), "päss wörd\r\n");
        Path file = home.resolve("page.image");
        CommandRun.Result result = run("export", "page", file.toString(), "--passphrase-file", passphrase.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err()).contains("exporting the template of page.default", "wrote 7 B");
        assertThat(Files.readAllBytes(file)).isEqualTo(new byte[] {0, (byte) 0xff, 'i', 'm', 'a', 'g', 'e'});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(gateway.last().query()).isEqualTo("namespace=default");
        assertThat(sentPassphrase()).isEqualTo("päss wörd");
        assertThat(files()).containsExactlyInAnyOrder("passphrase", "page.image");
    }

    @Test
    void secretsAndPlainImagesAreAskedForByName() {
        gateway.answer("GET " + IMAGE, 200, "image");
        Path file = home.resolve("page.image");
        CommandRun.Result result = run("export", "page", file.toString(), "--plain", "--with-secrets", "--json");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(gateway.last().query()).isEqualTo("namespace=default&with-secrets=yes");
        assertThat(gateway.last().header("X-instar-passphrase")).isEmpty();
        assertThat(Json.parse(result.out()).path("bytes").asInt()).isEqualTo(5);
    }

    @Test
    void anExportOfSecretsIsRefusedWithTheNodesReason() throws IOException {
        gateway.answer("GET " + IMAGE, 400, "{\"error\":\"the image may hold secrets\",\"status\":400}");
        CommandRun.Result result =
                run("export", "page", home.resolve("page.image").toString(), "--plain");
        assertThat(result.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(result.err()).contains("instar: the image may hold secrets\n");
        assertThat(files()).isEmpty();
    }

    @Test
    void badExportsSendNothing() throws IOException {
        String file = home.resolve("page.image").toString();
        Path passphrase = Files.writeString(home.resolve("passphrase"), "p");
        Path empty = Files.writeString(home.resolve("empty"), "\n");
        Path binary = Files.write(home.resolve("binary"), new byte[] {(byte) 0xff});
        Path large = Files.writeString(home.resolve("large"), "p".repeat(4097));
        List<String[]> commands = List.of(
                new String[] {"export", "page", file},
                new String[] {"export", "page", file, "--plain", "--passphrase-file", passphrase.toString()},
                new String[] {
                    "export",
                    "page",
                    file,
                    "--passphrase-file",
                    home.resolve("absent").toString()
                },
                new String[] {"export", "page", file, "--passphrase-file", empty.toString()},
                new String[] {"export", "page", file, "--passphrase-file", binary.toString()},
                new String[] {"export", "page", file, "--passphrase-file", large.toString()},
                new String[] {"export", "page", passphrase.toString(), "--plain"},
                new String[] {"export", "page"},
                new String[] {"import", "page", home.resolve("absent").toString()},
                new String[] {"import", "page", home.toString()});
        assertThat(commands)
                .allSatisfy(command -> assertThat(run(command).status())
                        .as(String.join(" ", command))
                        .isEqualTo(ExitStatus.BAD_INPUT));
        assertThat(gateway.requests()).isEmpty();
        assertThat(passphrase).hasContent("p");
        assertThat(files()).containsExactlyInAnyOrder("passphrase", "empty", "binary", "large");
    }

    @Test
    void anExportThatBreaksOffLeavesNoFile() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> breakOff(server));
            CommandRun.Result result = CommandRun.in(home)
                    .run(
                            "template",
                            "export",
                            "page",
                            home.resolve("page.image").toString(),
                            "--plain",
                            "--gateway",
                            "http://127.0.0.1:" + server.getLocalPort());
            answering.join();
            assertThat(result.status()).isEqualTo(ExitStatus.FAILED);
            assertThat(result.err()).contains("broke off its reply");
        }
        assertThat(files()).isEmpty();
    }

    private static void breakOff(ServerSocket server) {
        try (Socket client = server.accept();
                OutputStream out = client.getOutputStream()) {
            BufferedReader head = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            String line = head.readLine();
            while (line != null && !line.isEmpty()) {
                line = head.readLine();
            }
            out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nimage\r\n".getBytes(US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void importSendsTheFile() throws Exception {
        gateway.answer("PUT " + IMAGE, 200, READY);
        Path file = Files.write(home.resolve("page.image"), new byte[] {0, (byte) 0xff, 1});
        CommandRun.Result result =
                runWith("from a pipe\n", "import", "page", file.toString(), "--passphrase-file", "-");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err())
                .contains("importing a template of page.default (3 B)")
                .contains("the template of page.default is ready\n")
                .contains("instar: page: a seeded generator\n");
        assertThat(gateway.last().body()).isEqualTo(new byte[] {0, (byte) 0xff, 1});
        assertThat(gateway.last().header("Content-type")).isEqualTo("application/octet-stream");
        assertThat(sentPassphrase()).isEqualTo("from a pipe");

        assertThat(Json.parse(run("import", "page", file.toString(), "--json").out()))
                .isEqualTo(Json.parse(READY));
        assertThat(gateway.last().header("X-instar-passphrase")).isEmpty();
    }

    @Test
    void anImageTheNodeDoesNotTakeIsBadInput() throws Exception {
        gateway.answer("PUT " + IMAGE, 400, "{\"error\":\"the image was made of another version\"}");
        Path file = Files.writeString(home.resolve("page.image"), "image");
        CommandRun.Result result = run("import", "page", file.toString());
        assertThat(result.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(result.err()).contains("instar: the image was made of another version\n");
    }

    private String sentPassphrase() {
        byte[] bytes = Base64.getDecoder().decode(gateway.last().header("X-instar-passphrase"));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private CommandRun.Result run(String... arguments) {
        return runWith("", arguments);
    }

    private CommandRun.Result runWith(String input, String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "template";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--gateway";
        all[arguments.length + 2] = gateway.url();
        return CommandRun.in(home).input(input).run(all);
    }
}
