package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.StartKind;
import dev.instar.runtime.RuntimeKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An instance that starts from a template finds itself in the same circumstances as one that starts cold, but for what
 * {@code docs/template-parity.md} lists.
 */
@Timeout(120)
class ParityTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(
            value = RuntimeKind.class,
            names = {"PYTHON", "NODE"})
    void aTemplateStartDiffersFromAColdOneInWhatIsDocumentedOnly(RuntimeKind runtime) throws Exception {
        String extension = runtime == RuntimeKind.PYTHON ? "py" : "js";
        try (TemplateFixture fixture = TemplateFixture.open(directory)) {
            fixture.deploy(
                    "f",
                    runtime,
                    Map.of("handler." + extension, TemplateFixture.resource("circumstances." + extension)),
                    Scaling.DEFAULT,
                    Map.of("GREETING", "hello"));
            Circumstances cold = Circumstances.parse(fixture.call(StartKind.COLD, "f", ""));
            fixture.awaitTemplate("f");
            Circumstances first = Circumstances.parse(fixture.call(StartKind.TEMPLATE, "f", ""));
            Circumstances second = Circumstances.parse(fixture.call(StartKind.TEMPLATE, "f", ""));
            fixture.engine.templates().rebuild(FunctionName.parse("f"));
            Circumstances coldAgain = Circumstances.parse(fixture.call(StartKind.COLD, "f", ""));

            assertThat(cold.facts()).hasSizeGreaterThan(150);
            assertThat(cold.differences(coldAgain)).as("two cold starts").isEmpty();
            assertThat(first.differences(second)).as("two template starts").isEmpty();
            Map<String, String> differences = cold.differences(first);
            assertThat(differences.keySet())
                    .as("cold | template: %s", differences)
                    .containsExactlyElementsOf(documented(runtime));
        }
    }

    /** Names in the first column of the table of differences. */
    private static Set<String> documented(RuntimeKind runtime) throws Exception {
        try (Stream<String> lines = Files.lines(Path.of("../docs/template-parity.md"))) {
            Set<String> names = new TreeSet<>();
            lines.filter(line -> line.startsWith("| `"))
                    .map(line -> line.split("\\|"))
                    .filter(row -> row[2].contains("both")
                            || row[2].contains(runtime == RuntimeKind.PYTHON ? "Python" : "Node"))
                    .forEach(row -> names.add(row[1].strip().replace("`", "")));
            return names;
        }
    }
}
