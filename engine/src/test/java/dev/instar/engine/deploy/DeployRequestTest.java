package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.ResourceLimits;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeployRequestTest {
    private static final String CODE = "sha256:" + "0".repeat(64);

    @Test
    void whatFaasCliSendsIsUnderstood() {
        FunctionSpec spec = parse("""
                {"service":"resize","image":"resize@%s","namespace":"","envProcess":"","envVars":{"A":"b"},
                 "constraints":[],"secrets":["key"],"labels":{"com.openfaas.scale.min":"1"},"annotations":{},
                 "limits":{"memory":"128Mi","cpu":"100m"},"requests":{"memory":"64Mi"},"readOnlyRootFilesystem":false}
                """.formatted(CODE));
        assertThat(spec.name()).isEqualTo(new FunctionName("default", "resize"));
        assertThat(spec.code()).isEqualTo(CODE);
        assertThat(spec.runtime()).isEqualTo(RuntimeKind.NODE);
        assertThat(spec.limits()).isEqualTo(new ResourceLimits(128 << 20, OptionalLong.empty(), 128, 100, 32 << 20));
        assertThat(spec.scaling().minimum()).isEqualTo(1);
        assertThat(spec.secrets()).containsExactly("key");
    }

    @Test
    void aHighMarkOfMemoryIsShownWhereThereIsOne() {
        FunctionSpec spec = parse(
                "{\"service\":\"wc\",\"envProcess\":\"wc\",\"limits\":{\"memory\":\"64Mi\",\"memoryHigh\":\"48Mi\"}}");
        assertThat(spec.limits().memoryHighBytes()).hasValue(48 << 20);
        assertThat(new String(DeployRequest.canonical(spec), StandardCharsets.UTF_8))
                .contains("\"memoryHigh\":\"48Mi\"");
        assertThatThrownBy(
                        () -> parse("{\"service\":\"wc\",\"envProcess\":\"wc\",\"limits\":{\"memoryHigh\":\"300Mi\"}}"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("memory-high must not be more than memory");
    }

    @Test
    void versionsOfBeforeStartWasAFieldKeepTheirDigest() {
        FunctionSpec spec = parse("{\"service\":\"wc\",\"envProcess\":\"wc -c\"}");
        String stored = new String(DeployRequest.canonical(spec), StandardCharsets.UTF_8);
        assertThat(stored).doesNotContain("start");
        assertThat(DeployRequest.digest(spec))
                .isEqualTo("sha256:a71a68c5aa1ae93b7572c2396be201f8492b5dbb9d66d459cf0df65656f12790");
        assertThat(DeployRequest.stored(stored.getBytes(StandardCharsets.UTF_8)).start())
                .isEqualTo(StartPreference.TEMPLATE);
    }

    @Test
    void coldStartsAreAskedForByFieldOrAnnotation() {
        FunctionSpec field = parse("{\"service\":\"wc\",\"envProcess\":\"wc -c\",\"start\":\"cold\"}");
        assertThat(field.start()).isEqualTo(StartPreference.COLD);
        assertThat(new String(DeployRequest.canonical(field), StandardCharsets.UTF_8))
                .contains("\"start\":\"cold\"");
        assertThat(parse("{\"service\":\"wc\",\"envProcess\":\"wc -c\",\"annotations\":{\"instar/start\":\"cold\"}}")
                        .start())
                .isEqualTo(StartPreference.COLD);
    }

    @Test
    void aProgramNeedsNoImage() {
        FunctionSpec spec = parse("{\"service\":\"wc.team\",\"envProcess\":\"wc  -c\"}");
        assertThat(spec.name()).isEqualTo(new FunctionName("team", "wc"));
        assertThat(spec.command()).containsExactly("wc", "-c");
        assertThat(spec.runtime()).isEqualTo(RuntimeKind.PROGRAM);
        assertThat(spec.convention()).isEqualTo(HandlerConvention.WATCHDOG);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "|empty",
                "[]|mapping",
                "{|line 1",
                "{}|service",
                "{\"service\":\"x\"} {}|follows",
                "{\"service\":\"x\",\"service\":\"y\"}|uplicate",
                "{\"service\":5}|expected a string",
                "{\"service\":\"x\",\"image\":\"ghcr.io/openfaas/figlet:latest\"}|container images are not run",
                "{\"service\":\"x\",\"image\":\"sha256:12\"}|digest",
                "{\"service\":\"x\",\"runtime\":\"python\"}|needs code",
                "{\"service\":\"x\",\"registryAuth\":\"y\"}|unknown field",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"command\":[\"b\"]}|contradicts",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"envVars\":{\"A\":[]}}|envVars.A",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"limits\":{\"memory\":\"128m\"}}|Mi",
                "{\"service\":\"x\",\"command\":[\"a\\u0000b\"]}|NUL",
                "{\"service\":\"../x\",\"envProcess\":\"a\"}|must be",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"start\":\"hot\"}|template, fork, cold",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"concurrency\":1e3}|whole number",
                "{\"service\":\"x\",\"envProcess\":\"a\",\"concurrency\":99999999999}|whole number"
            })
    void whatIsWrongIsNamed(String json, String fragment) {
        assertThatThrownBy(() -> parse(json == null ? "" : json))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(fragment);
    }

    @Test
    void requestsThatAreTooMuchAreRefused() {
        assertThatThrownBy(() -> parse(" ".repeat((1 << 20) + 1))).hasMessageContaining("1 MiB");
        assertThatThrownBy(() -> parse("{\"labels\":" + "[".repeat(100_000)))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> DeployRequest.parse(new byte[] {'"', (byte) 0xff, '"'}, _ -> RuntimeKind.NODE))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Property(tries = 500)
    void theCanonicalFormGivesTheSpecBack(@ForAll("specs") FunctionSpec spec) {
        byte[] json = DeployRequest.canonical(spec);
        assertThat(DeployRequest.stored(json)).isEqualTo(spec);
        assertThat(DeployRequest.parse(json, _ -> RuntimeKind.NODE)).isEqualTo(spec);
        assertThat(DeployRequest.canonical(DeployRequest.stored(json))).isEqualTo(json);
    }

    @Property(tries = 200)
    void digestsAreEqualForEqualSpecsAlone(@ForAll("specs") FunctionSpec one, @ForAll("specs") FunctionSpec other) {
        assertThat(DeployRequest.digest(one).equals(DeployRequest.digest(other)))
                .isEqualTo(one.equals(other));
    }

    @Property(tries = 1000)
    void bytesOfAnyKindAreAnsweredWithASpecOrARefusal(@ForAll("mangled") byte[] json) {
        try {
            assertThat(DeployRequest.parse(json, _ -> RuntimeKind.NODE)).isNotNull();
        } catch (InvalidRequestException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Property(tries = 500)
    void yamlOfAnyKindIsAnsweredWithAValueOrARefusal(@ForAll("yaml") String yaml) {
        try {
            assertThat(YamlDocument.parse("y", yaml)).isNotNull();
        } catch (InvalidRequestException e) {
            assertThat(e.getMessage()).startsWith("y");
        }
    }

    @Test
    void aListingHasOpenFaasFieldsAndOurs() {
        FunctionSpec spec = parse("{\"service\":\"wc\",\"envProcess\":\"wc -c\"}");
        FunctionVersion version = new FunctionVersion(3, DeployRequest.digest(spec), spec, Instant.EPOCH);
        Map<String, Object> fields =
                FunctionListing.of(new FunctionStatus(version, List.of(2, 3), 4, 1, 0, 99, 2, 10, 20));
        assertThat(fields)
                .containsEntry("name", "wc")
                .containsEntry("namespace", "default")
                .containsEntry("image", "")
                .containsEntry("envProcess", "wc -c")
                .containsEntry("replicas", 4)
                .containsEntry("availableReplicas", 4)
                .containsEntry("invocationCount", 99L)
                .containsEntry("createdAt", "1970-01-01T00:00:00Z")
                .containsEntry("version", 3)
                .containsEntry("start", "template")
                .containsKeys("labels", "annotations", "limits", "secrets", "runtime", "timeout");
        assertThat(JsonDocument.write(fields)).isNotEmpty();
    }

    @Provide
    Arbitrary<FunctionSpec> specs() {
        return Arbitraries.randomValue(random -> SpecSample.of(random));
    }

    @Provide
    Arbitrary<byte[]> mangled() {
        return Arbitraries.randomValue(random -> {
            byte[] json = DeployRequest.canonical(SpecSample.of(random));
            for (int i = random.nextInt(4); i >= 0; i--) {
                json[random.nextInt(json.length)] = (byte) random.nextInt();
            }
            return json;
        });
    }

    @Provide
    Arbitrary<String> yaml() {
        return Arbitraries.of(
                        "a", ": ", "\n", "- ", "[", "]", "{", "}", "&x ", "*x", "<<", "'", "\"", "|", ">", "#",
                        "!!str ", "  ", "? ", "%", "@", "\t", "\\", "~", "0x1", "---", "\u0007", "ü")
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts));
    }

    private static FunctionSpec parse(String json) {
        return DeployRequest.parse(json.getBytes(StandardCharsets.UTF_8), code -> RuntimeKind.NODE);
    }
}
