package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.instar.engine.AuditLog;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Role;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Templates through the API: states, and images out of a node and into it. */
final class TemplatesTest {
    private static final String IMAGE = "/system/template/hello/image";

    private Gateway gateway;
    private FunctionName hello;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
        hello = gateway.echo("hello");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void tellsHowFunctionsStand() {
        gateway.engine.templates.make(hello, bytes("memory"), true);
        gateway.engine.templates.refuse(gateway.echo("open"), "descriptor 5 is a connected socket");

        JsonNode listed = gateway.get("/system/templates?namespace=default");
        assertThat(listed.size()).isEqualTo(2);
        JsonNode ready = listed.path(0);
        assertThat(ready).isEqualTo(Gateway.json("""
                {"name":"hello","namespace":"default","version":1,"state":"ready","reason":"",
                 "warnings":["a seeded generator"],
                 "image":{"id":"sha256:6","createdAt":"1970-01-01T00:00:00Z","contentBytes":6,"addedBytes":4096,
                  "sharedBytes":8192,"regions":12,"threads":3,"mayHoldSecrets":true}}"""));
        assertThat(gateway.get("/system/template/hello.default")).isEqualTo(ready);

        JsonNode refused = gateway.get("/system/template/open");
        assertThat(refused.path("state").asString()).isEqualTo("refused");
        assertThat(refused.path("reason").asString()).isEqualTo("descriptor 5 is a connected socket");
        assertThat(refused.has("image")).isFalse();

        assertThat(gateway.manage("GET", "/system/template/absent", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("GET", "/system/templates?namespace=absent", "")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void rebuildsInTheBackground() {
        gateway.engine.templates.make(hello, bytes("memory"), false);
        assertThat(gateway.manage("POST", "/system/template/hello/rebuild", "").statusCode())
                .isEqualTo(202);
        assertThat(gateway.get("/system/template/hello").path("state").asString())
                .isEqualTo("preparing");
        assertThat(gateway.manage("POST", "/system/template/absent/rebuild", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.engine.audit().recent(2))
                .extracting(AuditLog.Entry::action, AuditLog.Entry::target)
                .containsOnly(tuple("template.rebuild", "hello.default"), tuple("template.rebuild", "absent.default"));
    }

    @Test
    void anImageLeavesTheNodeAndComesBack() {
        byte[] content = new byte[3 << 20];
        new Random(7).nextBytes(content);
        gateway.engine.templates.make(hello, content, false);
        String passphrase = "päss wörd\n";

        HttpResponse<byte[]> exported = gateway.send(sealed(IMAGE, passphrase), BodyHandlers.ofByteArray());
        assertThat(exported.statusCode()).isEqualTo(200);
        assertThat(exported.headers().firstValue("Content-Type")).contains("application/octet-stream");
        assertThat(exported.headers().firstValue("Cache-Control")).contains("no-store");
        byte[] image = exported.body();
        assertThat(image).hasSize(content.length + bytes("sealed by " + passphrase + ":").length);

        gateway.manage("POST", "/system/template/hello/rebuild", "");
        HttpRequest.Builder put = sealed(IMAGE, passphrase).PUT(BodyPublishers.ofByteArray(image));
        HttpResponse<String> imported = gateway.send(put.header("Content-Type", "application/octet-stream"));
        assertThat(imported.statusCode()).as(imported.body()).isEqualTo(200);
        assertThat(Gateway.json(imported).path("state").asString()).isEqualTo("ready");
        assertThat(Gateway.json(imported).path("image").path("contentBytes").asInt())
                .isEqualTo(content.length);

        HttpResponse<String> mistaken =
                gateway.send(sealed(IMAGE, "not-this-one").PUT(BodyPublishers.ofByteArray(image)));
        assertThat(mistaken.statusCode()).isEqualTo(400);
        assertThat(mistaken.body()).contains("the image is damaged").doesNotContain("not-this-one");
        assertThat(gateway.engine.audit().recent(10))
                .filteredOn(entry -> !entry.action().equals("template.rebuild"))
                .extracting(AuditLog.Entry::action, AuditLog.Entry::outcome)
                .containsExactly(
                        tuple("template.import", "the image is damaged, or the passphrase is another"),
                        tuple("template.import", "ok"),
                        tuple("template.export", "ok"));
    }

    @Test
    void withoutAPassphraseTheImageIsPlain() {
        gateway.engine.templates.make(hello, bytes("memory"), false);
        assertThat(gateway.send(gateway.admin(IMAGE)).body()).isEqualTo("plain:memory");
        assertThat(gateway.send(gateway.admin(IMAGE).PUT(BodyPublishers.ofString("plain:other")))
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.send(gateway.admin(IMAGE)).body()).isEqualTo("plain:other");
    }

    @Test
    void secretsLeaveTheNodeOnlyWhenAskedFor() {
        gateway.engine.templates.make(hello, bytes("hush"), true);
        for (String query : List.of("", "?with-secrets=no")) {
            HttpResponse<String> refused = gateway.manage("GET", IMAGE + query, "");
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(Gateway.json(refused).path("error").asString()).contains("may hold secrets");
        }
        assertThat(gateway.manage("GET", IMAGE + "?with-secrets=yes", "").body())
                .isEqualTo("plain:hush");
        assertThat(gateway.manage("GET", IMAGE + "?with-secrets=1", "").body()).contains("with-secrets");
    }

    @Test
    void anExportThatFailsIsAnErrorOrBreaksOff() {
        gateway.engine.templates.failAtTheEnd = true;
        gateway.engine.templates.make(hello, bytes("little"), false);
        assertThat(gateway.manage("GET", IMAGE, "").statusCode()).isEqualTo(507);
        assertThat(gateway.manage("GET", IMAGE, "").body()).contains("cannot be read");

        gateway.engine.templates.make(hello, new byte[1 << 20], false);
        assertThatThrownBy(() -> gateway.manage("GET", IMAGE, "")).isInstanceOf(UncheckedIOException.class);
        assertThat(gateway.engine.audit().recent(1).getFirst().outcome()).contains("cannot be read");
    }

    @Test
    void whatIsNotThereIsAnswered404() {
        assertThat(gateway.manage("GET", IMAGE, "").statusCode()).isEqualTo(404);
        assertThat(gateway.manage("GET", "/system/template/absent/image", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.send(gateway.admin("/system/template/absent/image").PUT(BodyPublishers.ofString("plain:")))
                        .statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%", "/w==", "secret passphrase"})
    void aPassphraseThatIsNoneIsRefusedAndNotRepeated(String header) {
        gateway.engine.templates.make(hello, bytes("memory"), false);
        HttpResponse<String> response = gateway.send(gateway.admin(IMAGE).header("X-Instar-Passphrase", header));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(Gateway.json(response).path("error").asString())
                .startsWith("header X-Instar-Passphrase must be")
                .doesNotContain("secret");
    }

    @Test
    void anImageBeyondItsLimitIsRefused() {
        GatewayLimits limits = GatewayLimits.DEFAULT;
        GatewayLimits small = new GatewayLimits(
                10, 10, 1000, 1000, 8192, 16384, 10, 10, limits.idle(), limits.head(), limits.stall(), limits.grace());
        try (Gateway narrow = Gateway.start(settings -> settings.withLimits(small))) {
            narrow.echo("hello");
            String image = "plain:" + "a".repeat(994);
            assertThat(narrow.send(narrow.admin(IMAGE).PUT(BodyPublishers.ofString(image)))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(narrow.send(narrow.admin(IMAGE).PUT(BodyPublishers.ofString(image + "a")))
                            .statusCode())
                    .isEqualTo(413);
        }
    }

    @Test
    void imagesAreForAdministrators() {
        gateway.engine.templates.make(hello, bytes("hush"), true);
        for (Role role : Role.values()) {
            int expected = role == Role.ADMIN ? 200 : 403;
            String token = gateway.token("default", role);
            assertThat(gateway.manage(token, "GET", IMAGE + "?with-secrets=yes", "")
                            .statusCode())
                    .as("%s", role)
                    .isEqualTo(expected);
        }
    }

    private HttpRequest.Builder sealed(String path, String passphrase) {
        return gateway.admin(path)
                .header("X-Instar-Passphrase", Base64.getEncoder().encodeToString(bytes(passphrase)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
