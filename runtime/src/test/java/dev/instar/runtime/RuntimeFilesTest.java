package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeFilesTest {
    @TempDir
    private Path directory;

    @Test
    void writesTheShimsOnce() throws Exception {
        RuntimeFiles.extractTo(directory);
        assertThat(directory.resolve("python/shim.py")).exists();
        assertThat(directory.resolve("node/shim.js")).exists();
        Path compiled = directory.resolve("python/shim.pyc");
        FileTime first = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(compiled, first);
        RuntimeFiles.extractTo(directory);
        assertThat(Files.getLastModifiedTime(compiled)).isEqualTo(first);
    }

    @Test
    void repairsWhatIsIncompleteOrOld() throws Exception {
        RuntimeFiles.extractTo(directory);
        Files.writeString(directory.resolve("python/shim.py"), "old");
        Files.delete(directory.resolve("python/shim.pyc"));
        Files.writeString(directory.resolve(".complete"), "of another version");
        RuntimeFiles.extractTo(directory);
        assertThat(directory.resolve("python/shim.pyc")).exists();
        assertThat(Files.readString(directory.resolve("python/shim.py"))).contains("def main()");
    }

    @Test
    void saysWhereItCannotWrite() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> RuntimeFiles.extractTo(file))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void composesCommands() {
        RuntimeCommand python = RuntimeCommand.of(
                RuntimeKind.PYTHON,
                RuntimeCommand.Places.STANDARD,
                2,
                1000,
                Map.of("PYTHONPATH", "/own", "HOME", "/h"));
        assertThat(python.argv())
                .containsExactly("/usr/bin/python3", "-S", "-s", "/instar/python/shim.pyc", "/function");
        assertThat(python.environment())
                .containsEntry(
                        "PYTHONPATH",
                        "/function:/function/python-packages:/layers/0/python:/layers/0:/layers/1/python:/layers/1:/own")
                .containsEntry("HOME", "/h")
                .containsEntry("LANG", "C.UTF-8");
        RuntimeCommand node = RuntimeCommand.of(RuntimeKind.NODE, RuntimeCommand.Places.STANDARD, 1, 1500, Map.of());
        assertThat(node.argv())
                .containsExactly("/usr/bin/node", "--v8-pool-size=2", "/instar/node/shim.js", "/function");
        assertThat(node.environment().get("NODE_PATH"))
                .startsWith("/function/node_modules:/layers/0/nodejs/node_modules:/layers/0/node_modules:");
    }

    @Test
    void composesCommandsOfTemplates() {
        for (RuntimeKind kind : RuntimeKind.values()) {
            RuntimeCommand cold = RuntimeCommand.of(kind, RuntimeCommand.Places.STANDARD, 1, 500, Map.of("A", "b"));
            RuntimeCommand template =
                    RuntimeCommand.forTemplate(kind, RuntimeCommand.Places.STANDARD, 1, 500, Map.of("A", "b"));
            if (kind == RuntimeKind.NODE) {
                assertThat(template.argv())
                        .containsExactly(
                                "/usr/bin/node",
                                "--no-memory-reducer",
                                "--v8-pool-size=1",
                                "/instar/node/shim.js",
                                "/function");
                assertThat(template.environment()).isEqualTo(cold.environment());
            } else {
                assertThat(template).isEqualTo(cold);
            }
        }
    }

    @Test
    void namesConventions() {
        for (HandlerConvention convention : HandlerConvention.values()) {
            assertThat(HandlerConvention.of(convention.wireName())).isEqualTo(convention);
        }
        assertThatThrownBy(() -> HandlerConvention.of("magic")).hasMessageContaining("openfaas-http, ");
    }
}
