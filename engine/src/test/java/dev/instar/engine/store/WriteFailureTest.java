package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel refuses to write: the change is refused, what was there before stays, nothing half done is left. */
class WriteFailureTest {
    @TempDir
    Path directory;

    @Test
    void whatCannotBeWrittenIsRefusedAndLeavesNothing() throws Exception {
        List<String> command = new ArrayList<>(List.of("prlimit", "--fsize=" + (2 << 20)));
        command.addAll(ForkedJvm.command(SmallFilesNode.class, directory.toString()));
        Process node = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines;
        try (var out = node.inputReader(StandardCharsets.UTF_8)) {
            lines = out.lines().toList();
        } finally {
            node.destroyForcibly().waitFor();
        }
        assertThat(lines).contains("archive refused", "tree refused", "body refused", "database refused");
        List<String> secrets = lines.stream()
                .filter(line -> line.startsWith("secret "))
                .map(line -> line.substring(7))
                .toList();
        assertThat(secrets).isNotEmpty();
        assertThat(names("code")).isEmpty();
        assertThat(names("async")).isEmpty();
        try (Store store = Store.open(directory, InstantSource.system())) {
            assertThat(store.secrets().list("default")).containsExactlyInAnyOrderElementsOf(secrets);
            assertThat(store.functions().find(HELLO)).isPresent();
            assertThat(store.async().pending("default")).isZero();
            store.secrets().create("default", "more", new byte[10_000]);
        }
    }

    private List<String> names(String name) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
