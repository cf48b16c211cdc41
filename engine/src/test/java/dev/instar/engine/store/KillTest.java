package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.program;
import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is killed again and again in the midst of its work; what it had accepted must be there each time. */
class KillTest {
    private static final int KILLS = 22;

    @TempDir
    Path directory;

    private final Map<String, String> deployed = new HashMap<>();
    private final Set<String> queued = new HashSet<>();
    private final Set<String> secrets = new HashSet<>();

    @Test
    void acceptedWorkSurvivesBeingKilledAtAnyInstant() throws Exception {
        try (Store store = Store.open(directory, InstantSource.system())) {
            store.functions().deploy(program(new FunctionName("default", "target"), "/bin/cat"));
        }
        Random random = new Random(42);
        int accepted = 0;
        for (int round = 0; round < KILLS; round++) {
            accepted += runAndKill(round, 1 + random.nextInt(60));
            try (Store store = Store.open(directory, InstantSource.system())) {
                requireConsistent(store);
                if (round % 5 == 4 || round == KILLS - 1) {
                    requireAccepted(store);
                }
            }
        }
        assertThat(accepted).isGreaterThan(KILLS * 10);
    }

    /** Kills the node when it has said so many lines; it goes on saying more until the signal has come. */
    private int runAndKill(int round, int lines) throws Exception {
        Process node = ForkedJvm.start(BusyNode.class, directory.toString(), "r" + round);
        int accepted = 0;
        try (BufferedReader out = node.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (++accepted == lines) {
                    // The handle, because destroying through the process would close what it has yet to say.
                    node.toHandle().destroyForcibly();
                }
                note(line);
            }
        } finally {
            node.destroyForcibly().waitFor();
        }
        assertThat(node.exitValue()).as("ended by SIGKILL").isEqualTo(137);
        return accepted;
    }

    /** The last line may be cut off; nobody has been told then. */
    private void note(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "deploy" -> deployed.put(words[1], words[2]);
            case "enqueue" -> queued.add(words[1]);
            case "complete" -> queued.remove(words[1]);
            case "secret" -> secrets.add(words[1]);
            default -> assertThat(line).isEqualTo("ready");
        }
    }

    private void requireAccepted(Store store) throws IOException {
        for (Map.Entry<String, String> function : deployed.entrySet()) {
            FunctionName name = new FunctionName("default", function.getKey());
            Set<String> codes = store.functions().versions(name).stream()
                    .map(version -> version.spec().code())
                    .collect(Collectors.toSet());
            assertThat(codes).contains(function.getValue());
            String current =
                    store.functions().find(name).orElseThrow().current().spec().code();
            assertThat(TreeDigest.of(store.code().directory(current))).isEqualTo(current);
        }
        assertThat(store.secrets().list("default")).containsAll(secrets);
        store.secrets()
                .values("default", List.copyOf(secrets))
                .forEach((name, value) -> assertThat(value).asString().isEqualTo(name));
        requireQueued(store);
    }

    private void requireQueued(Store store) throws IOException {
        Map<String, QueuedCall> calls = new HashMap<>();
        for (QueuedCall call : store.async().claim(100_000, _ -> 100_000)) {
            calls.put(call.id(), call);
        }
        assertThat(calls.keySet()).containsAll(queued);
        for (QueuedCall call : calls.values()) {
            try (InputStream body = store.async().body(call)) {
                assertThat(body.readAllBytes()).isEqualTo(BusyNode.body(call.id()));
            }
        }
    }

    private void requireConsistent(Store store) throws IOException {
        store.database().read(connection -> {
            assertThat(Sql.list(connection, "PRAGMA integrity_check", row -> row.getString(1)))
                    .containsExactly("ok");
            assertThat(Sql.list(connection, "PRAGMA foreign_key_check", row -> row.getString(1)))
                    .isEmpty();
            return true;
        });
        Set<String> trees = store.database()
                .read(connection -> Set.copyOf(
                        Sql.list(connection, "SELECT substr(digest, 8) FROM trees", row -> row.getString(1))));
        assertThat(names("code")).containsExactlyInAnyOrderElementsOf(trees);
        Set<String> bodies = store.database()
                .read(connection -> Set.copyOf(Sql.list(
                        connection,
                        "SELECT body_file FROM async_calls WHERE body_file IS NOT NULL",
                        row -> row.getString(1))));
        assertThat(names("async")).containsExactlyInAnyOrderElementsOf(bodies);
        assertThat(names("tmp")).hasSizeLessThanOrEqualTo(2);
    }

    private List<String> names(String name) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
