package dev.instar.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.StorageException;
import dev.instar.engine.process.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalEngineTest {
    private static final FunctionName F = FunctionName.parse("f");

    @TempDir
    Path directory;

    EngineFixture node;

    @BeforeEach
    void open() throws IOException {
        node = new EngineFixture(directory);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private static String answering(String text) {
        return "def handle(event, context):\n    return {'statusCode': 200, 'body': '" + text + "'}\n";
    }

    @Test
    void functionsAnswerAfterARestartWithoutADeploy() throws IOException {
        node.deploy("f", answering("one"));
        assertThat(node.call("f", "").body()).isEqualTo("one");
        node.engine.functions().scale(F, 1);

        node.close();
        node = new EngineFixture(directory);

        await().until(() -> node.engine.functions().describe(F).idle() == 1);
        assertThat(node.call("f", "").body()).isEqualTo("one");
        assertThat(node.engine.functions().describe(F).requestedReplicas()).isEqualTo(1);
    }

    @Test
    void aDirectoryBelongsToOneNode() {
        assertThatThrownBy(() -> new EngineFixture(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("in use by another node");
    }

    @Test
    void deployRollbackAndRemove() throws IOException {
        node.deploy("f", answering("one"));
        assertThat(node.call("f", "").body()).isEqualTo("one");
        node.deploy("f", answering("two"));
        assertThat(node.call("f", "").body()).isEqualTo("two");

        node.engine.functions().rollback(F, 0);

        assertThat(node.call("f", "").body()).isEqualTo("one");
        FunctionStatus status = node.engine.functions().describe(F);
        assertThat(status.current().number()).isEqualTo(1);
        assertThat(status.versions()).containsExactly(1, 2);
        assertThat(status.invocations()).isEqualTo(3);
        assertThat(status.privateBytes()).isPositive();

        node.engine.functions().remove(F);
        assertThatThrownBy(() -> node.call("f", "")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> node.engine.functions().describe(F)).isInstanceOf(NotFoundException.class);
        await().until(() -> node.sandboxes.total() == 0);
        assertThat(directory.resolve("logs/default/f")).doesNotExist();
    }

    @Test
    void sourcesAreCompiledAtDeploy() throws IOException {
        node.deploy("f", answering("one"));

        String digest = node.engine.functions().describe(F).current().spec().code();
        Path tree = node.engine.code().directory(digest);
        try (Stream<Path> files = Files.list(tree.resolve("__pycache__"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .singleElement()
                    .asString()
                    .matches("handler\\.cpython-\\d+\\.pyc");
        }
        assertThat(node.call("f", "").body()).isEqualTo("one");
    }

    @Test
    void whatCannotWorkIsRefusedAndChangesNothing() throws IOException {
        node.deploy("f", answering("one"));

        assertThatThrownBy(() -> node.deploy("f", "def handle(event context):\n"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("handler.py does not compile");
        String noPython = node.store(Map.of("readme.txt", "nothing"));
        assertThatThrownBy(() ->
                        node.engine.functions().deploy(Specs.of("f", noPython).spec()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("no file of its runtime");
        String otherName = node.store(Map.of("other.py", answering("two")));
        assertThatThrownBy(() ->
                        node.engine.functions().deploy(Specs.of("f", otherName).spec()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("handler.handle");
        assertThatThrownBy(() -> node.engine.functions().scale(F, 65)).isInstanceOf(InvalidRequestException.class);

        assertThat(node.call("f", "").body()).isEqualTo("one");
        assertThat(node.engine.functions().versions(F)).hasSize(1);
    }

    @Test
    void listShowsTheNamespace() throws IOException {
        node.deploy("g", answering("g"));
        node.deploy("f", answering("f"));

        assertThat(node.engine.functions().list("default"))
                .extracting(status -> status.current().spec().name().name())
                .isEqualTo(List.of("f", "g"));
        assertThatThrownBy(() -> node.engine.functions().list("nowhere")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void statusAndDrain() throws Exception {
        node.deploy("f", answering("one"));
        node.call("f", "");

        assertThat(node.engine.status().instances()).isEqualTo(1);
        assertThat(node.engine.status().memoryBytes()).isPositive();
        assertThat(node.engine.drain(Duration.ofSeconds(5))).isTrue();
        assertThat(node.engine.status().draining()).isTrue();
        node.engine.resume();
        assertThat(node.call("f", "").status()).isEqualTo(200);
    }

    @Test
    void closingLeavesNoProcess() throws IOException {
        node.deploy("f", answering("one"), specs -> specs.scaling(2, 4, Duration.ofMinutes(1)));
        await().until(() -> node.engine.functions().describe(F).idle() == 2);
        List<ProcessHandle> processes = node.sandboxes.inUse().stream()
                .map(sandbox -> ProcessHandle.of(sandbox.pid()).orElseThrow())
                .toList();

        node.close();

        assertThat(processes).hasSize(2).noneMatch(ProcessHandle::isAlive);
        assertThat(node.sandboxes.total()).isZero();
    }
}
