package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class AsyncCallTest {
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
        gateway.echo("echo");
        gateway.echo("dead");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void acceptsCalls() {
        HttpResponse<String> response = gateway.send(gateway.admin("/async-function/echo/later?x=1")
                .header("X-Callback-Url", "https://example.org/done?id=1")
                .POST(BodyPublishers.ofString("work")));

        assertThat(response.statusCode()).isEqualTo(202);
        assertThat(response.body()).isEmpty();
        MemoryAsync.Accepted accepted = gateway.engine.async.accepted.getFirst();
        assertThat(response.headers().firstValue("X-Call-Id")).hasValue(accepted.id());
        assertThat(accepted.path()).isEqualTo("/later");
        assertThat(accepted.body()).isEqualTo("work");
        assertThat(accepted.callbackUrl()).isEqualTo("https://example.org/done?id=1");
        assertThat(gateway.manage("GET", "/metrics", "").body())
                .contains("instar_async_pending{namespace=\"default\"} 1.0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "ftp://h/",
                "//h/",
                "h",
                "http:",
                "http:///x",
                "http://u:p@h/",
                "%",
                "javascript:x"
            })
    void refusesCallbacksElsewhere(String url) {
        HttpResponse<String> response = gateway.send(gateway.admin("/async-function/echo")
                .header("X-Callback-Url", url)
                .POST(BodyPublishers.noBody()));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(gateway.engine.async.accepted).isEmpty();
    }

    @Test
    void refusesWhatItCannotKeep() {
        assertThat(gateway.send(gateway.admin("/async-function/absent")).statusCode())
                .isEqualTo(404);
        byte[] large = new byte[(16 << 20) + 1];
        assertThat(gateway.send(gateway.admin("/async-function/echo").POST(BodyPublishers.ofByteArray(large)))
                        .statusCode())
                .isEqualTo(413);
    }

    @Test
    void showsRetriesAndDiscardsDeadLetters() {
        String id = gateway.send(gateway.admin("/async-function/dead"))
                .headers()
                .firstValue("X-Call-Id")
                .orElseThrow();
        JsonNode letter = gateway.get("/system/async/dead-letters").path(0);
        assertThat(letter.path("callId").asString()).isEqualTo(id);
        assertThat(letter.path("function").asString()).isEqualTo("dead");
        assertThat(letter.path("attempts").asInt()).isEqualTo(3);
        assertThat(letter.path("reason").asString()).isEqualTo("it crashed");

        String path = "/system/async/dead-letters/" + id;
        assertThat(gateway.manage("POST", path + "/retry", "{}").statusCode()).isEqualTo(202);
        assertThat(gateway.manage("DELETE", path, "{}").statusCode()).isEqualTo(202);
        assertThat(gateway.manage("DELETE", path, "").statusCode()).isEqualTo(404);
        assertThat(gateway.get("/system/async/dead-letters").size()).isZero();
    }
}
