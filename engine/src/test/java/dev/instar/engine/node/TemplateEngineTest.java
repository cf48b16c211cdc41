package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.CodeStore.Format;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StartKind;
import dev.instar.engine.StartPreference;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TemplateStatus.State;
import dev.instar.engine.process.Archives;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.engine.process.Specs;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.Reuse;
import dev.instar.sandbox.SandboxSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts from memory templates on real sandboxes. */
class TemplateEngineTest {
    @TempDir
    Path directory;

    LocalEngine engine;

    @BeforeEach
    void openFirst() throws IOException {
        open();
    }

    private void open() throws IOException {
        EngineSettings settings =
                EngineSettings.builder(directory.resolve("data")).build();
        String id = "t" + ProcessHandle.current().pid() % 1_000_000;
        engine = LocalEngine.open(
                settings,
                files -> LinuxSandboxPool.open(new SandboxSettings(
                        id,
                        Path.of("/run/instar-" + id),
                        files,
                        3,
                        40,
                        SandboxSettings.DEFAULT_FIRST_UID,
                        Optional.of("10.214.0.0/24"),
                        Reuse.DEFAULT)));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void deploy(String name, RuntimeKind runtime, String source) throws IOException {
        deploy(name, runtime, source, StartPreference.TEMPLATE);
    }

    private void deploy(String name, RuntimeKind runtime, String source, StartPreference start, String... secrets)
            throws IOException {
        String file = runtime == RuntimeKind.PYTHON ? "handler.py" : "handler.js";
        String code = engine.code().store("default", Format.ZIP, Archives.zip(Map.of(file, source)));
        FunctionSpec python = Specs.of(name, code).spec();
        engine.functions()
                .deploy(new FunctionSpec(
                        python.name(),
                        python.code(),
                        runtime,
                        HandlerConvention.AUTO,
                        "",
                        List.of(),
                        Map.of("GREETING", "hello"),
                        List.of(secrets),
                        python.limits(),
                        python.timeout(),
                        1,
                        python.network(),
                        Map.of(),
                        Map.of(),
                        List.of(),
                        "",
                        List.of(),
                        python.scaling(),
                        List.of(),
                        false,
                        start));
    }

    private TemplateStatus awaitTemplate(String name) {
        FunctionName function = FunctionName.parse(name);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> engine.templates().describe(function).state() != State.PREPARING);
        TemplateStatus status = engine.templates().describe(function);
        assertThat(status.reason()).isEmpty();
        assertThat(status.state()).isEqualTo(State.READY);
        return status;
    }

    @Test
    void pythonStartsFromItsTemplate() throws IOException {
        deploy("f", RuntimeKind.PYTHON, """
                import os, random
                table = list(range(100000))
                def handle(event, context):
                    print("served", event.body.decode())
                    return {"statusCode": 200, "body": str(os.getuid()) + " " + str(sum(table)) + " " + str(random.random())}
                """);
        awaitTemplate("f");

        Answer first = Calls.call(engine.invoker(), "f", "one");
        Answer second = Calls.call(engine.invoker(), "f", "two");

        assertThat(first.body()).startsWith("1000 4999950000 ");
        assertThat(first.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
        assertThat(second.servedBy().start()).isEqualTo(StartKind.WARM);
        assertThat(second.body()).isNotEqualTo(first.body());
    }

    @Test
    void nodeStartsFromItsTemplate() throws IOException {
        deploy("n", RuntimeKind.NODE, """
                const table = Array.from({length: 100000}, (_, i) => i);
                module.exports = async (event, context) => {
                  await new Promise(done => setTimeout(done, 5));
                  return context.status(200).succeed(process.getuid() + ' ' + table.reduce((a, b) => a + b) + ' ' + Math.random());
                };
                """);
        awaitTemplate("n");

        Answer first = Calls.call(engine.invoker(), "n", "one");

        assertThat(first.body()).startsWith("1000 4999950000 ");
        assertThat(first.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
    }

    private static final String COUNTS_ITS_INITIALISATIONS = """
            print("initialised")
            def handle(event, context):
                return {"statusCode": 200, "body": open("/proc/self/comm").read()}
            """;

    private TemplateStatus awaitRefusal(String name) {
        FunctionName function = FunctionName.parse(name);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> engine.templates().describe(function).state() == State.REFUSED);
        return engine.templates().describe(function);
    }

    private long initialisations(String name) {
        AtomicLong count = new AtomicLong();
        engine.logs().read(FunctionName.parse(name), -1, Instant.EPOCH, "", line -> {
            if (line.text().equals("initialised")) {
                count.incrementAndGet();
            }
        });
        return count.get();
    }

    @Test
    void whatCannotBeCapturedIsNamedAndStartsCold() throws IOException {
        deploy("c", RuntimeKind.PYTHON, """
                import socket
                pair = socket.socketpair()
                def handle(event, context):
                    return {"statusCode": 200, "body": "fine"}
                """);

        TemplateStatus status = awaitRefusal("c");

        assertThat(status.reason()).contains("socket").contains("before-checkpoint hook");
        Answer answer = Calls.call(engine.invoker(), "c", "");
        assertThat(answer.body()).isEqualTo("fine");
        assertThat(answer.servedBy().start()).isEqualTo(StartKind.COLD);
    }

    @Test
    void aFunctionMayAskForColdStarts() throws IOException {
        deploy("cold", RuntimeKind.PYTHON, COUNTS_ITS_INITIALISATIONS, StartPreference.COLD);

        assertThat(engine.templates().describe(FunctionName.parse("cold")).state())
                .isEqualTo(State.OFF);
        assertThat(Calls.call(engine.invoker(), "cold", "").servedBy().start()).isEqualTo(StartKind.COLD);
    }

    @Test
    void aPlainForkAnswersAsATemplateDoes() throws IOException {
        deploy("fork", RuntimeKind.PYTHON, """
                table = {str(i): i for i in range(100000)}
                def handle(event, context):
                    return {"statusCode": 200, "body": str(table[event.body.decode()])}
                """, StartPreference.FORK);
        awaitTemplate("fork");

        Answer answer = Calls.call(engine.invoker(), "fork", "77777");

        assertThat(answer.body()).isEqualTo("77777");
        assertThat(answer.servedBy().start()).isEqualTo(StartKind.FORK);
    }

    @Test
    void aChangedSecretMakesAnotherTemplate() throws IOException {
        engine.secrets().create("default", "word", "old".getBytes(StandardCharsets.UTF_8));
        deploy("s", RuntimeKind.PYTHON, """
                word = open("/var/openfaas/secrets/word").read()
                def handle(event, context):
                    return {"statusCode": 200, "body": word}
                """, StartPreference.TEMPLATE, "word");
        String first = Objects.requireNonNull(awaitTemplate("s").image()).id();
        assertThat(Calls.call(engine.invoker(), "s", "").body()).isEqualTo("old");

        engine.secrets().update("default", "word", "new".getBytes(StandardCharsets.UTF_8));
        engine.functions().scale(FunctionName.parse("s"), 0);
        await().until(() -> engine.functions().describe(FunctionName.parse("s")).replicas() == 0);

        TemplateStatus second = awaitTemplate("s");
        assertThat(Objects.requireNonNull(second.image()).id()).isNotEqualTo(first);
        assertThat(second.image().mayHoldSecrets()).isTrue();
        Answer answer = Calls.call(engine.invoker(), "s", "");
        assertThat(answer.body()).isEqualTo("new");
        assertThat(answer.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
    }

    @Test
    void aRestartedNodeUsesItsImagesWithoutRunningTheFunction() throws IOException {
        deploy("r", RuntimeKind.PYTHON, COUNTS_ITS_INITIALISATIONS);
        awaitTemplate("r");
        long before = initialisations("r");

        engine.close();
        open();
        Answer answer = Calls.call(engine.invoker(), "r", "");

        assertThat(answer.servedBy().start()).isEqualTo(StartKind.TEMPLATE);
        assertThat(answer.body().strip()).isEqualTo("python3");
        assertThat(initialisations("r")).isEqualTo(before);
    }

    @Test
    void aDamagedImageIsMadeAnew() throws IOException {
        deploy("d", RuntimeKind.PYTHON, COUNTS_ITS_INITIALISATIONS);
        TemplateStatus status = awaitTemplate("d");
        long before = initialisations("d");
        engine.close();
        Path image = directory
                .resolve("data")
                .resolve("images")
                .resolve(Objects.requireNonNull(status.image()).id() + ".image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(file.length() / 2);
            int old = file.read();
            file.seek(file.length() / 2);
            file.write(old ^ 1);
        }

        open();
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        engine.templates().describe(FunctionName.parse("d")).state() == State.READY);

        assertThat(Calls.call(engine.invoker(), "d", "").servedBy().start()).isEqualTo(StartKind.TEMPLATE);
        assertThat(initialisations("d")).isGreaterThan(before);
    }

    @Test
    void anImageThatMayHoldSecretsLeavesOnlyWhenAskedForByName() throws IOException {
        engine.secrets().create("default", "word", "hush".getBytes(StandardCharsets.UTF_8));
        deploy("x", RuntimeKind.PYTHON, COUNTS_ITS_INITIALISATIONS, StartPreference.TEMPLATE, "word");
        awaitTemplate("x");
        FunctionName function = FunctionName.parse("x");
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        assertThatThrownBy(() -> engine.templates().export(function, out, null, false))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("secrets");
        engine.templates().export(function, out, "sesame".toCharArray(), true);

        ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());
        assertThatThrownBy(() -> engine.templates().importImage(function, in, "wrong".toCharArray()))
                .isInstanceOf(InvalidRequestException.class);
        engine.templates().importImage(function, new ByteArrayInputStream(out.toByteArray()), "sesame".toCharArray());
        awaitTemplate("x");
        assertThat(Calls.call(engine.invoker(), "x", "").servedBy().start()).isEqualTo(StartKind.TEMPLATE);
    }

    @Test
    void aKilledZygoteIsReplacedAndNoCallIsLost() throws IOException {
        deploy("k", RuntimeKind.PYTHON, COUNTS_ITS_INITIALISATIONS);
        awaitTemplate("k");
        List<ProcessHandle> zygotes = ProcessHandle.current()
                .descendants()
                .filter(process -> comm(process).equals("instar-zygote"))
                .toList();
        assertThat(zygotes).isNotEmpty();

        zygotes.forEach(ProcessHandle::destroyForcibly);
        Answer answer = Calls.call(engine.invoker(), "k", "");

        assertThat(answer.status()).isEqualTo(200);
        awaitTemplate("k");
        engine.functions().scale(FunctionName.parse("k"), 0);
        await().until(() -> engine.functions().describe(FunctionName.parse("k")).replicas() == 0);
        assertThat(Calls.call(engine.invoker(), "k", "").servedBy().start()).isEqualTo(StartKind.TEMPLATE);
    }

    private static String comm(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "comm"))
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }
}
