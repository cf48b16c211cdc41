package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.StartKind;
import dev.instar.engine.process.Calls;
import dev.instar.engine.process.Calls.Answer;
import dev.instar.runtime.RuntimeKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * No two clones of a template draw the same from any source of what must be unique, though all have drawn from it
 * before the capture. The first clone of each wave has waited in a seat, the others have not.
 */
@Timeout(600)
class UniquenessTest {
    /** The promise is a thousand; that takes a minute. */
    private static final int CLONES = Integer.getInteger("instar.test.clones", 1000);

    private static final int WAVE = 12;

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(
            value = RuntimeKind.class,
            names = {"PYTHON", "NODE"})
    void noTwoClonesDrawTheSame(RuntimeKind runtime) throws Exception {
        Map<String, Set<String>> seen = new HashMap<>();
        Set<String> instances = new HashSet<>();
        String source = TemplateFixture.resource(runtime == RuntimeKind.PYTHON ? "unique.py" : "unique.js");
        try (TemplateFixture fixture = TemplateFixture.open(directory, 4, 40)) {
            fixture.deploy("f", runtime, source, new Scaling(0, WAVE, Duration.ofMinutes(10)));
            fixture.awaitTemplate("f");
            while (instances.size() < CLONES) {
                fixture.scaleToZero("f");
                List<CompletableFuture<Answer>> wave = new ArrayList<>();
                for (int i = 0; i < WAVE; i++) {
                    wave.add(Calls.start(fixture.engine.invoker(), "f", ""));
                }
                for (CompletableFuture<Answer> call : wave) {
                    Answer answer = call.get();
                    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                    instances.add(answer.servedBy().instance());
                    assertThat(answer.servedBy().start()).isNotEqualTo(StartKind.COLD);
                    JsonNode drawn = JsonMapper.shared().readTree(answer.body());
                    drawn.properties()
                            .forEach(each -> each.getValue()
                                    .forEach(value -> assertThat(
                                                    seen.computeIfAbsent(each.getKey(), any -> new HashSet<>())
                                                            .add(value.asString()))
                                            .as("%s: %s, for the first time", each.getKey(), value)
                                            .isTrue()));
                }
            }
        }
        assertThat(seen).hasSizeGreaterThan(6);
        assertThat(seen.values()).allMatch(values -> values.size() >= 2 * CLONES);
    }
}
