package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One function leaves in a sandbox whatever it can, and another, in the same sandbox, looks for all of it. The table
 * {@code escape/residue.txt} has a line for each trace.
 */
@TestInstance(Lifecycle.PER_CLASS)
class ResidueTest {
    private SandboxFixture fixture;
    private final Map<String, String> left = new TreeMap<>();
    private final Map<String, String> inTheSameUse = new TreeMap<>();
    private final Map<String, String> inTheNextUse = new TreeMap<>();
    private final List<String> groups = new ArrayList<>();

    /** A line of the table. */
    record Trace(String name, String leaving, boolean found) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Trace> traces() throws Exception {
        try (InputStream in = Objects.requireNonNull(ResidueTest.class.getResourceAsStream("/escape/residue.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" {2,}", -1))
                    .map(words -> new Trace(words[0], words[1], words[2].equals("found")))
                    .toList();
        }
    }

    @BeforeAll
    void run(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 1, 1);
        fixture.addHostilePrograms();
        Files.writeString(directory.resolve("instar/shared.txt"), "seen by all");
        Path planter = Files.createDirectory(directory.resolve("planter"));
        for (String file : List.of("attack.py", "residue.py")) {
            Files.copy(fixture.code().resolve(file), planter.resolve(file));
        }
        Files.writeString(planter.resolve("of-the-planter.txt"), "code");
        Workload plant = new Workload(
                fixture.hostile("residue.py", "control"),
                Map.of("PATH", "/usr/bin:/bin", "LEFT_SECRET", "1"),
                planter,
                List.of(planter, planter),
                Map.of("token", new byte[] {1}),
                SandboxFixture.TIGHT,
                NetworkMode.NONE,
                1);
        use(plant, inTheSameUse);
        use(fixture.workload(fixture.hostile("residue.py", "seek"), ResourceLimits.DEFAULT), inTheNextUse);
    }

    private void use(Workload workload, Map<String, String> found) throws Exception {
        try (RunningProgram program = fixture.start(workload)) {
            groups.add(Files.readString(Path.of("/proc/" + program.sandbox().pid() + "/cgroup")));
            Map<String, String> report = left;
            for (String line = program.nextLine(); !line.equals("done"); line = program.nextLine()) {
                int colon = line.indexOf(": ");
                if (colon < 0) {
                    report = found;
                } else {
                    report.put(line.substring(0, colon), line.substring(colon + 2));
                }
            }
        }
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void theSameSandboxWasUsedTwice() {
        assertThat(groups.getFirst()).contains("instances/").isEqualTo(groups.getLast());
        assertThat(fixture.pool().turnover().destroyed()).isEmpty();
        assertThat(fixture.pool().turnover().networksReplaced()).isPositive();
    }

    @Test
    void theTableHasEveryTrace() throws Exception {
        assertThat(traces())
                .hasSizeGreaterThan(50)
                .extracting(Trace::name)
                .containsExactlyInAnyOrderElementsOf(left.keySet());
        assertThat(inTheNextUse).hasSameSizeAs(left);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("traces")
    void isNotFoundByTheNext(Trace trace) {
        assertThat(left).containsEntry(trace.name, trace.leaving);
        assertThat(inTheSameUse.get(trace.name))
                .as("what shows that the search can find")
                .startsWith(trace.found ? "FOUND" : "none");
        assertThat(inTheNextUse).containsEntry(trace.name, "none");
    }
}
