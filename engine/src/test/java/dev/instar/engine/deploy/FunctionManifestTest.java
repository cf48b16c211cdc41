package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.KeepAlive;
import dev.instar.engine.Priority;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

class FunctionManifestTest {
    private static final String CODE = "sha256:" + "a".repeat(64);
    private static final String LAYER = "sha256:" + "b".repeat(64);

    @TempDir
    Path directory;

    @Test
    void everyFieldIsRead() {
        FunctionManifest manifest = parse("""
                name: thumbnail
                namespace: team-a
                runtime: python
                handler: handler.handle
                convention: openfaas-http
                env:
                  SIZE: 200
                  DEBUG: true
                  RATIO: 1.50
                  EMPTY:
                  TEXT: "a: b"
                secrets: [api-key]
                limits: {memory: 512Mi, memory-high: 384Mi, cpu: 0.5, pids: 32, tmp: 10M}
                timeout: 1m30s
                concurrency: 4
                network: bridge
                labels: {team: images}
                annotations: {note: "x"}
                layers: [../common, "%s"]
                init: setup
                warm-up: ['{"size": 1}']
                scale: {min: 1, max: 5, keep-alive: 30s, priority: high}
                triggers:
                  - cron: "0 3 * * *"
                    body: nightly
                  - cron: "*/5 * * * *"
                public: true
                start: cold
                """.formatted(LAYER));
        assertThat(manifest.layers()).containsExactly("../common", LAYER);
        assertThat(manifest.spec(CODE, List.of(LAYER, LAYER)))
                .isEqualTo(new FunctionSpec(
                        new FunctionName("team-a", "thumbnail"),
                        CODE,
                        RuntimeKind.PYTHON,
                        HandlerConvention.OPENFAAS_HTTP,
                        "handler.handle",
                        List.of(),
                        Map.of("SIZE", "200", "DEBUG", "true", "RATIO", "1.50", "EMPTY", "", "TEXT", "a: b"),
                        List.of("api-key"),
                        new ResourceLimits(512 << 20, OptionalLong.of(384 << 20), 32, 500, 10_000_000),
                        Duration.ofSeconds(90),
                        4,
                        NetworkMode.BRIDGE,
                        Map.of("team", "images"),
                        Map.of("note", "x"),
                        List.of(LAYER, LAYER),
                        "setup",
                        List.of("{\"size\": 1}"),
                        new Scaling(1, 5, new KeepAlive(Duration.ofSeconds(30), false), Priority.HIGH),
                        List.of(new CronTrigger("0 3 * * *", "nightly"), new CronTrigger("*/5 * * * *", "")),
                        true,
                        StartPreference.COLD));
    }

    @Test
    void keepAliveCanGoByArrivalsAndPriorityStandInAnAnnotation() {
        Scaling scaling = parse("""
                runtime: python
                annotations: {instar/priority: low}
                scale: {keep-alive: histogram}
                """).draft().scaling();
        assertThat(scaling.keepAlive()).isEqualTo(KeepAlive.BY_ARRIVALS);
        assertThat(scaling.priority()).isEqualTo(Priority.LOW);
        assertThatThrownBy(() -> parse("runtime: python\nscale: {keep-alive: sometimes}"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("keep-alive");
        assertThatThrownBy(() -> parse("runtime: python\nscale: {priority: urgent}"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("expected one of high, normal, low, found \"urgent\"");
        assertThatThrownBy(() -> parse("runtime: python\nannotations: {instar/priority: urgent}"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("annotation instar/priority");
    }

    @Test
    void aFolderWithoutManifestHasItsNameAndTheDefaults() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("My_Function"));
        Files.writeString(folder.resolve("handler.py"), "");
        FunctionSpec spec = FunctionManifest.read(folder).spec(CODE, List.of());
        assertThat(spec.name()).isEqualTo(new FunctionName("default", "my-function"));
        assertThat(spec.runtime()).isEqualTo(RuntimeKind.PYTHON);
        assertThat(spec.convention()).isEqualTo(HandlerConvention.AUTO);
        assertThat(spec.timeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(spec.limits()).isEqualTo(ResourceLimits.DEFAULT);
        assertThat(spec.scaling()).isEqualTo(Scaling.DEFAULT);
        assertThat(spec.network()).isEqualTo(NetworkMode.NONE);
        assertThat(spec.concurrency()).isEqualTo(1);
        assertThat(spec.publicAccess()).isFalse();
        assertThat(spec.start()).isEqualTo(StartPreference.TEMPLATE);
    }

    @Test
    void theAnnotationSaysHowToStartWhereTheFieldDoesNot() {
        String annotated = "name: x\nruntime: python\nannotations: {instar/start: cold}\n";
        assertThat(parse(annotated).draft().start()).isEqualTo(StartPreference.COLD);
        assertThat(parse(annotated + "start: template").draft().start()).isEqualTo(StartPreference.TEMPLATE);
    }

    @ParameterizedTest
    @CsvSource({
        "handler.py, PYTHON",
        "index.py, PYTHON",
        "requirements.txt, PYTHON",
        "package.json, NODE",
        "index.js, NODE",
        "app.js, NODE",
        "handler.mjs, NODE"
    })
    void theRuntimeIsToldFromTheFiles(String file, RuntimeKind runtime) throws IOException {
        Files.writeString(directory.resolve(file), "");
        assertThat(parse("name: x").draft().runtime()).isEqualTo(runtime);
    }

    @Test
    void aProgramNeedsACommand() {
        assertThat(parse("name: x\ncommand: [/usr/bin/wc, -c]").draft())
                .extracting(FunctionSpec::runtime, FunctionSpec::convention)
                .containsExactly(RuntimeKind.PROGRAM, HandlerConvention.WATCHDOG);
        assertThat(parse("name: x\ncommand: [./serve]\nconvention: http-server")
                        .draft()
                        .convention())
                .isEqualTo(HandlerConvention.HTTP_SERVER);
        assertRefused("name: x", "command: a program needs a command");
    }

    @Test
    void anchorsAndMergesAreExpanded() {
        FunctionManifest manifest = parse("""
                name: x
                command: [a]
                env: &env {A: 1, B: 2}
                labels:
                  <<: *env
                  B: three
                annotations: *env
                """);
        assertThat(manifest.draft().labels()).isEqualTo(Map.of("A", "1", "B", "three"));
        assertThat(manifest.draft().annotations()).isEqualTo(Map.of("A", "1", "B", "2"));
    }

    @Test
    void errorsNameFieldAndLine() {
        assertRefused("name: x\nruntime: python\nhandlr: y", "line 3", "handlr", "unknown field", "handler");
        assertRefused("name: x\nlimits:\n  memory: lots", "line 3", "limits.memory", "lots");
        assertRefused("name: x\nlimits:\n  memory: 1Mi", "limits", "16Mi");
        assertRefused("name: x\nlimits: {memory: 64Mi, memory-high: 65Mi}", "limits", "memory-high must not be more");
        assertRefused("name: x\nlimits: {memory-high: 15Mi}", "limits", "memory-high must be at least 16Mi");
        assertRefused("name: x\nlimits:\n  disk: 1Mi", "line 3", "limits.disk", "unknown field");
        assertRefused("name: x\nruntime: java", "line 2", "runtime", "python, node, program", "java");
        assertRefused("name: 5", "line 1", "name", "expected a string, found a number");
        assertRefused("name: [x]", "name", "expected a string, found a list");
        assertRefused("name: x\nconcurrency: many", "line 2", "concurrency", "whole number");
        assertRefused("name: x\nconcurrency: 1.5", "line 2", "concurrency", "whole number");
        assertRefused("name: x\nruntime: python\nconcurrency: 65", "concurrency must be between 1 and 64");
        assertRefused("name: x\nruntime: python\ntimeout: 25h", "timeout must be between");
        assertRefused("name: x\ntimeout: 30", "line 2", "timeout", "30s");
        assertRefused("name: x\nstart: hot", "line 2", "start", "template, fork, cold", "hot");
        assertRefused(
                "name: x\nruntime: python\nannotations: {instar/start: hot}",
                "annotation instar/start",
                "template, fork, cold",
                "hot");
        assertRefused("name: x\npublic: maybe", "line 2", "public", "true or false");
        assertRefused("name: x\ncommand: wc -c", "line 2", "command", "expected a list, found a string");
        assertRefused("name: x\nenv: [A]", "line 2", "env", "expected a mapping, found a list");
        assertRefused("name: x\nenv:\n  A: {b: c}", "line 3", "env.A", "found a mapping");
        assertRefused("name: x\nruntime: python\nenv:\n  1A: b", "env", "1A");
        assertRefused("name: x\ntriggers:\n- cron: never", "line 3", "triggers[0].cron", "never");
        assertRefused("name: x\ntriggers:\n- body: b", "triggers[0]", "cron");
        assertRefused("name: x\nscale: {min: 5, max: 2}", "line 2", "scale");
        assertRefused("name: x\nruntime: python\nsecrets: [a/b]", "secret", "a/b");
        assertRefused("name: x\nruntime: python\nsecrets: [a, a]", "secrets", "twice");
        assertRefused("name: x\nruntime: python\nconvention: watchdog", "convention", "watchdog");
        assertRefused("name: x\nruntime: python\ncommand: [a]", "command");
        assertRefused("name: X_y", "function name", "X_y");
        assertRefused("name: x\nname: y", "line 2", "name");
        assertRefused("name: x\nenv: {A: 1, A: 2}", "line 2", "A");
        assertRefused("- a\n- b", "expected a mapping of fields, found a list");
        assertRefused("just text", "found a string");
        assertRefused("name: x\n  bad: indent", "line 2");
        assertRefused("name: \"unclosed", "line");
        assertRefused("name: x\n---\nname: y", "line");
        assertRefused("name: !!binary aGVsbG8=", "line 1", "tag");
        assertRefused("name: !java.util.Date x", "tag");
        assertRefused("? [a]\n: b", "key");
        assertRefused("name: x\nlabels:\n  <<: text", "line 3", "mapping");
    }

    @Test
    void documentsThatAreTooMuchAreRefused() {
        assertRefused("name: x\n# " + "c".repeat(256 << 10), "256 KiB");
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            String previous = "*a" + (i - 1);
            bomb.append("a" + i + ": &a" + i + " [" + (previous + ", ").repeat(8) + previous + "]\n");
        }
        assertRefused(bomb.toString(), "instar.yaml");
        assertRefused("a: &a [*a]", "instar.yaml");
        assertRefused("env: &a {b: *a}", "instar.yaml");
        assertRefused("a: " + "[".repeat(500) + "]".repeat(500), "instar.yaml");
        assertRefused("a: " + "{a: ".repeat(5000) + "}".repeat(5000), "instar.yaml");
        assertThatThrownBy(() -> FunctionManifest.parse("instar.yaml", new byte[] {'a', (byte) 0xff}, directory))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("UTF-8");
    }

    private FunctionManifest parse(String yaml) {
        return FunctionManifest.parse("instar.yaml", yaml.getBytes(StandardCharsets.UTF_8), directory);
    }

    private void assertRefused(String yaml, String... fragments) {
        assertThatThrownBy(() -> parse(yaml))
                .as(yaml.substring(0, Math.min(80, yaml.length())))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("instar.yaml")
                .hasMessageContainingAll(fragments);
    }
}
