package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.store.CodeArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DeployCommandTest {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    @TempDir
    Path home;

    private RecordingGateway gateway;

    @BeforeEach
    void listen() {
        gateway = new RecordingGateway()
                .answer("PUT /system/code", 201, "{\"digest\":\"" + DIGEST + "\"}")
                .answer("PUT /system/functions", 200, "{\"name\":\"greet\",\"namespace\":\"default\",\"version\":2}");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aFolderIsPackedUploadedAndDeployed() throws Exception {
        Path folder = function("greet", "name: greet\nruntime: python\nenv: {A: b}\n");
        CommandRun.Result result = run("deploy", folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err()).contains("greet.default is at version 2");
        assertThat(changes()).hasSize(2);
        assertThat(uploaded(0)).containsExactlyInAnyOrder("handler.py", "instar.yaml");
        assertThat(gateway.requests().getFirst().query()).isEqualTo("format=tar.gz&namespace=default");
        JsonNode request = Json.parse(last().text());
        assertThat(request.path("service").asString()).isEqualTo("greet");
        assertThat(request.path("image").asString()).isEqualTo(DIGEST);
        assertThat(request.path("envVars").path("A").asString()).isEqualTo("b");
    }

    @Test
    void aNewFunctionIsMadeWhenThereIsNoneToChange() throws Exception {
        Path folder = function("greet", "runtime: python\n");
        gateway.answer("PUT /system/functions", 404, "{\"error\":\"not deployed\"}")
                .answer("POST /system/functions", 202, "{\"name\":\"greet\",\"version\":1}");
        assertThat(run("deploy", folder.toString()).status()).isZero();
        assertThat(last().method()).isEqualTo("POST");
    }

    @Test
    void whatIsKnownOfTheTemplateIsShown() throws Exception {
        Path folder = function("greet", "runtime: python\n");
        gateway.answer(
                "GET /system/template/greet",
                200,
                "{\"name\":\"greet\",\"state\":\"refused\",\"reason\":\"descriptor 5 is a socket\","
                        + "\"warnings\":[\"numpy's generator\\u001b was seeded\"]}");
        CommandRun.Result result = run("deploy", folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err())
                .contains("instar: greet starts cold, its template is refused: descriptor 5 is a socket\n")
                .contains("instar: greet: numpy's generator? was seeded\n");

        gateway.answer("GET /system/template/greet", 200, "{\"name\":\"greet\",\"state\":\"preparing\"}");
        assertThat(run("deploy", folder.toString()).err()).doesNotContain("instar: ");
    }

    @Test
    void theStartPreferenceIsSent() throws Exception {
        run("deploy", function("greet", "runtime: python\nstart: cold\n").toString());
        assertThat(Json.parse(last().text()).path("start").asString()).isEqualTo("cold");
    }

    @Test
    void nameAndNamespaceOfTheCommandLineComeFirst() throws Exception {
        Path folder = function("greet", "name: greet\nnamespace: blue\nruntime: python\n");
        run("deploy", folder.toString(), "--name", "hello", "-n", "red");
        JsonNode request = Json.parse(last().text());
        assertThat(request.path("service").asString()).isEqualTo("hello");
        assertThat(request.path("namespace").asString()).isEqualTo("red");
        run("deploy", folder.toString());
        assertThat(Json.parse(last().text()).path("namespace").asString()).isEqualTo("blue");
    }

    @Test
    void packagesAreInstalledIntoACopy() throws Exception {
        Path folder = function("greet", "runtime: node\n");
        Files.createDirectories(folder.resolve("word"));
        Files.writeString(folder.resolve("word/package.json"), "{\"name\":\"word\",\"version\":\"1.0.0\"}");
        Files.writeString(
                folder.resolve("package.json"),
                "{\"name\":\"greet\",\"version\":\"1.0.0\",\"dependencies\":{\"word\":\"file:./word\"}}");
        CommandRun.Result result = run("deploy", folder.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(uploaded(0)).contains("node_modules/word", "word/package.json");
        assertThat(folder.resolve("node_modules")).doesNotExist();
        run("deploy", folder.toString(), "--no-install");
        assertThat(uploaded(2)).doesNotContain("node_modules/word");
        assertNothingLeft();
    }

    @Test
    void anArchiveIsDeployedLikeTheFolderInIt() throws Exception {
        Path folder = function("greet", "runtime: python\n");
        Path archive = home.resolve("greet.tar.gz");
        Process tar = new ProcessBuilder("tar", "-C", folder.toString(), "-czf", archive.toString(), ".").start();
        assertThat(tar.waitFor()).isZero();
        assertThat(run("deploy", archive.toString()).status()).isZero();
        assertThat(Json.parse(last().text()).path("service").asString()).isEqualTo("greet");
        assertNothingLeft();
    }

    @Test
    void aStackFileDeploysEachOfItsFunctions() throws Exception {
        function("greet", "");
        Path stack = Files.writeString(home.resolve("stack.yml"), """
                version: 1.0
                provider:
                  name: openfaas
                  gateway: %s
                functions:
                  greet:
                    lang: python3-http
                    handler: ./greet
                    image: registry.example/greet:latest
                  count:
                    fprocess: /usr/bin/wc
                """.formatted(gateway.url()));
        CommandRun.Result result = CommandRun.in(home).run("deploy", "-f", stack.toString(), "--json");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(Json.parse(result.out()).size()).isEqualTo(2);
        assertThat(changes().stream().map(RecordingGateway.Request::path))
                .containsExactly("/system/code", "/system/functions", "/system/functions");
    }

    @Test
    void badInputChangesNothing() throws Exception {
        Path unknownField = function("one", "runtime: python\nreplicas: 3\n");
        Path leadsOut = function("two", "runtime: python\n");
        Files.createSymbolicLink(leadsOut.resolve("link"), Path.of("/etc/passwd"));
        Path noArchive = Files.writeString(home.resolve("three.zip"), "no zip at all");
        Path text = Files.writeString(home.resolve("four.txt"), "");
        for (String source : new String[] {
            unknownField.toString(), leadsOut.toString(), noArchive.toString(), text.toString(), "/no/such/folder"
        }) {
            CommandRun.Result result = run("deploy", source);
            assertThat(result.status()).as(source + ": " + result.err()).isEqualTo(ExitStatus.BAD_INPUT);
        }
        assertThat(run("deploy").status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("deploy", unknownField.toString(), "-f", "stack.yml").status())
                .isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(run("deploy", "-f", home.resolve("absent.yml").toString()).status())
                .isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(gateway.requests()).isEmpty();
        assertNothingLeft();
    }

    private RecordingGateway.Request last() {
        return changes().getLast();
    }

    /** What was asked for beyond looking. */
    private List<RecordingGateway.Request> changes() {
        return gateway.requests().stream()
                .filter(request -> !request.method().equals("GET"))
                .toList();
    }

    private void assertNothingLeft() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertThat(files.filter(file -> file.getFileName()
                            .toString()
                            .matches("instar-(deploy|upload)-"
                                    + ProcessHandle.current().pid() + "-.*")))
                    .isEmpty();
        }
    }

    private Path function(String name, String manifest) throws IOException {
        Path folder = Files.createDirectories(home.resolve(name));
        Files.writeString(folder.resolve("handler.py"), "def handle(event, context):\n    return 'hello'\n");
        Files.writeString(folder.resolve("instar.yaml"), manifest);
        return folder;
    }

    /** Paths in the archive that a request uploaded. */
    private List<String> uploaded(int request) throws IOException {
        Path archive =
                Files.write(home.resolve("uploaded"), changes().get(request).body());
        Path target = Files.createTempDirectory(home, "unpacked");
        CodeArchive.unpack(Format.TAR_GZ, archive, target);
        try (Stream<Path> files = Files.walk(target)) {
            return files.filter(file -> !Files.isDirectory(file, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .map(file -> target.relativize(file).toString())
                    .toList();
        }
    }

    private CommandRun.Result run(String... arguments) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--gateway";
        all[arguments.length + 1] = gateway.url();
        return CommandRun.in(home).run(all);
    }
}
