package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class LogsTest {
    private Gateway gateway;
    private FunctionName name;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
        name = gateway.echo("talker");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private String[] lines(String query) {
        String body =
                gateway.manage("GET", "/system/logs?name=talker" + query, "").body();
        return body.isEmpty() ? new String[0] : body.split("\n");
    }

    @Test
    void readsWhatIsSelected() {
        assertThat(lines("")).isEmpty();
        gateway.engine.logs.write(name, "i-1", "first \"quoted\" ünïcode");
        gateway.engine.logs.write(name, "i-2", "second");
        Instant between = Instant.now();
        await().until(() -> Instant.now().isAfter(between));
        gateway.engine.logs.write(name, "i-1", "third");

        assertThat(lines("")).hasSize(3);
        JsonNode first = Gateway.json(lines("")[0]);
        assertThat(first.path("name").asString()).isEqualTo("talker");
        assertThat(first.path("namespace").asString()).isEqualTo("default");
        assertThat(first.path("instance").asString()).isEqualTo("i-1");
        assertThat(first.path("text").asString()).isEqualTo("first \"quoted\" ünïcode");
        assertThat(Instant.parse(first.path("timestamp").asString())).isBefore(Instant.now());
        assertThat(lines("&tail=1")).singleElement().asString().contains("third");
        assertThat(lines("&instance=i-2")).singleElement().asString().contains("second");
        assertThat(lines("&since=" + between)).singleElement().asString().contains("third");
        assertThat(gateway.manage("GET", "/system/logs?name=absent", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("GET", "/system/logs?name=talker", "")
                        .headers()
                        .firstValue("Content-Type"))
                .hasValue("application/x-ndjson");
    }

    private BufferedReader follow() throws IOException {
        HttpResponse<InputStream> response =
                gateway.send(gateway.admin("/system/logs?name=talker&follow=1"), BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    private static String next(BufferedReader reader) throws IOException {
        String line = reader.readLine();
        while (line != null && line.isEmpty()) {
            line = reader.readLine();
        }
        return String.valueOf(line);
    }

    @Test
    void followsUntilTheClientLeaves() throws IOException {
        gateway.engine.logs.write(name, "i-1", "before");
        try (BufferedReader reader = follow()) {
            assertThat(next(reader)).contains("before");
            await().until(() -> gateway.engine.logs.followers() == 1);
            gateway.engine.logs.write(name, "i-1", "after");
            assertThat(next(reader)).contains("after");
        }
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    gateway.engine.logs.write(name, "i-1", "is anybody there");
                    return gateway.engine.logs.followers() == 0;
                });
    }

    @Test
    void endsWhenTheGatewayCloses() throws IOException {
        try (BufferedReader reader = follow()) {
            await().until(() -> gateway.engine.logs.followers() == 1);
            gateway.server.close();
            assertThat(next(reader)).isEqualTo("null");
        }
        assertThat(gateway.engine.logs.followers()).isZero();
    }
}
