package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.ResourceLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StackFileTest {
    @TempDir
    Path directory;

    @Test
    void aWholeFileIsRead() throws IOException {
        Files.writeString(directory.resolve("env.yml"), "environment:\n  A: file\n  B: ${B:-fallback}\n");
        StackFile stack = read("""
                version: 1.0
                provider:
                  name: openfaas
                  gateway: ${GATEWAY:-http://127.0.0.1:8080}
                configuration:
                  templates:
                    - name: python3-http
                      source: https://github.com/openfaas/python-flask-template
                functions:
                  resize:
                    lang: python3-http
                    handler: ./resize
                    image: ghcr.io/example/resize:${TAG:-latest}
                    namespace: images
                    fprocess: python index.py
                    environment:
                      A: stack
                      write_debug: true
                    environment_file: [env.yml]
                    secrets: [api-key]
                    labels:
                      com.openfaas.scale.min: 2
                      com.openfaas.scale.max: "7"
                      com.openfaas.scale.zero: true
                      com.openfaas.scale.zero-duration: 15m
                    annotations:
                      topic: cron-function
                      schedule: "*/5 * * * *"
                      instar/start: cold
                    constraints: ["node.platform.os == linux"]
                    limits: {memory: 64Mi, cpu: 100m}
                    requests: {memory: 32Mi, cpu: 50m}
                    readonly_root_filesystem: true
                    build_args: {X: y}
                    skip_build: false
                  count:
                    fprocess: wc -c
                    skip_build: true
                """, Map.of("TAG", "1"));
        assertThat(stack.gateway()).contains("http://127.0.0.1:8080");
        StackFile.Entry resize = stack.functions().getFirst();
        FunctionSpec draft = resize.manifest().draft();
        assertThat(resize.directory()).contains(directory.resolve("resize"));
        assertThat(draft.name()).isEqualTo(new FunctionName("images", "resize"));
        assertThat(draft.runtime()).isEqualTo(RuntimeKind.PYTHON);
        assertThat(draft.convention()).isEqualTo(HandlerConvention.OPENFAAS_HTTP);
        assertThat(draft.command()).isEmpty();
        assertThat(draft.environment()).isEqualTo(Map.of("A", "stack", "B", "fallback", "write_debug", "true"));
        assertThat(draft.secrets()).containsExactly("api-key");
        assertThat(draft.limits()).isEqualTo(new ResourceLimits(64 << 20, OptionalLong.empty(), 128, 100, 16 << 20));
        assertThat(draft.scaling()).isEqualTo(new Scaling(0, 7, Duration.ofMinutes(15)));
        assertThat(draft.triggers()).containsExactly(new CronTrigger("*/5 * * * *", ""));
        assertThat(draft.start()).isEqualTo(StartPreference.COLD);
        assertThat(resize.warnings())
                .hasSize(2)
                .anyMatch(text -> text.contains("constraints"))
                .anyMatch(text -> text.contains("build_args"));
        StackFile.Entry count = stack.functions().get(1);
        assertThat(count.directory()).isEmpty();
        assertThat(count.manifest().draft().start()).isEqualTo(StartPreference.TEMPLATE);
        assertThat(count.manifest().draft().command()).containsExactly("wc", "-c");
        assertThat(count.manifest().draft().convention()).isEqualTo(HandlerConvention.WATCHDOG);
        assertThat(count.manifest().draft().name().namespace()).isEqualTo("default");
    }

    @ParameterizedTest
    @CsvSource({
        "python3, PYTHON, OPENFAAS_CLASSIC",
        "python3-debian, PYTHON, OPENFAAS_CLASSIC",
        "python3-flask, PYTHON, OPENFAAS_CLASSIC",
        "python3-http-debian, PYTHON, OPENFAAS_HTTP",
        "node, NODE, AUTO",
        "node12, NODE, OPENFAAS_HTTP",
        "node18, NODE, OPENFAAS_HTTP",
        "node22, NODE, OPENFAAS_HTTP"
    })
    void templatesAreRuntimesAndConventions(String lang, RuntimeKind runtime, HandlerConvention convention)
            throws IOException {
        FunctionSpec draft =
                function("lang: " + lang + "\n    handler: ./f").manifest().draft();
        assertThat(draft.runtime()).isEqualTo(runtime);
        assertThat(draft.convention()).isEqualTo(convention);
    }

    @Test
    void codeThatIsStoredAlreadyIsNamedByItsDigest() throws IOException {
        String digest = "sha256:" + "c".repeat(64);
        StackFile.Entry entry = function("lang: python3\n    skip_build: true\n    image: resize@" + digest);
        assertThat(entry.directory()).isEmpty();
        assertThat(entry.manifest().draft().code()).isEqualTo(digest);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lang: dockerfile|fprocess",
                "lang: go|python3-http",
                "lang: node8|node10",
                "handler: ./x|lang",
                "lang: python3, langs: x|langs",
                "lang: python3, limits: {memory: 1T1}|limits.memory",
                "lang: python3, labels: {com.openfaas.scale.min: few}|com.openfaas.scale.min",
                "lang: python3, labels: {com.openfaas.scale.min: 9, com.openfaas.scale.max: 3}|scaling",
                "lang: python3, labels: {com.openfaas.scale.zero: perhaps}|com.openfaas.scale.zero",
                "lang: python3, annotations: {instar/start: hot}|instar/start",
                "lang: python3, environment: text|environment",
                "lang: [python3]|lang"
            })
    void whatCannotBeDoneIsNamedWithItsLine(String fields, String fragment) {
        assertThatThrownBy(() -> read("functions:\n  f: {" + fields + "}", Map.of()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("stack.yml, line 2")
                .hasMessageContaining(fragment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "functions: []", "function:\n  f: {lang: node}", "functions:\n  F_x: {lang: node}"})
    void filesWithoutFunctionsAreRefused(String text) {
        assertThatThrownBy(() -> read(text, Map.of())).isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "${A}|one",
                "${A:-x}|one",
                "${NONE}|''",
                "${NONE:-x}|x",
                "${NONE:=x}|x",
                "${NONE-x}|x",
                "${EMPTY:-x}|x",
                "${EMPTY-x}|''",
                "${NONE:-}|''",
                "a ${NONE:-${A}} b|a one b",
                "${NONE:-http://h:80/$x}|http://h:80/$x",
                "$A $ {A} 5$|$A $ {A} 5$"
            })
    void variablesAreReplaced(String text, String replaced) {
        Map<String, String> variables = Map.of("A", "one", "EMPTY", "");
        assertThat(Substitution.apply("s", text, variables::get)).isEqualTo(replaced);
    }

    @ParameterizedTest
    @ValueSource(strings = {"${", "${}", "${A", "${A:", "${A:-x", "${A!x}", "${A/b/c}", "${ A}"})
    void otherVariablesAreRefused(String text) {
        assertThatThrownBy(() -> Substitution.apply("s", "\n" + text, _ -> "v"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("s, line 2");
    }

    @Test
    void nestingOfVariablesIsBounded() {
        assertThatThrownBy(() -> Substitution.apply("s", "${A:-".repeat(10_000), _ -> null))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("nested");
    }

    private StackFile.Entry function(String fields) throws IOException {
        List<StackFile.Entry> functions =
                read("functions:\n  f:\n    " + fields, Map.of()).functions();
        assertThat(functions).hasSize(1);
        return functions.getFirst();
    }

    private StackFile read(String text, Map<String, String> variables) throws IOException {
        Path file = directory.resolve("stack.yml");
        Files.writeString(file, text);
        return StackFile.read(file, variables::get);
    }
}
