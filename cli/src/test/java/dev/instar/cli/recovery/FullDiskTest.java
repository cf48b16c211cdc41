package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.cli.node.Footprint;
import dev.instar.cli.recovery.Client.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose data directory is on a disk that is full for a while. Needs root. */
class FullDiskTest {
    private static final int MEBIBYTES = 32;
    private static final int FULL = 507;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String ECHO = """
            def handle(event, context):
                return {"statusCode": 200, "body": event.body}
            """;

    /** Says the body, as often as the path tells. */
    private static final String CHATTY = """
            def handle(event, context):
                for _ in range(int(event.path.strip("/") or 1)):
                    print(event.body.decode(), flush=True)
                return {"statusCode": 200, "body": ""}
            """;

    private static final String SLOW = """
            import time
            def handle(event, context):
                time.sleep(3)
                return {"statusCode": 200, "body": ""}
            """;

    /** Making a template takes room on the disk and gives it back at times of its own. */
    private static final Map<String, String> COLD = Map.of("start", "cold");

    @TempDir
    Path root;

    private Path data;
    private KillableNode node;
    private Client client;
    private Sources sources;

    @BeforeEach
    void start() throws Exception {
        data = Files.createDirectory(root.resolve("disk")).resolve("data");
        Path configuration = Files.writeString(root.resolve("instar.yaml"), "port: 0\n");
        Path temporary = Files.createDirectory(root.resolve("tmp"));
        sources = new Sources(root.resolve("sources"));
        node = KillableNode.startOnSmallDisk(data, configuration, temporary, MEBIBYTES);
        client = new Client(node.awaitReady(), node.administrator());
    }

    @AfterEach
    void end() throws Exception {
        client.close();
        int status = node.end();
        assertThat(status).isZero();
        assertThat(Footprint.of(data)).isEmpty();
    }

    private Path ballast() {
        return node.dataDirectory().resolve("ballast");
    }

    private void fill() throws IOException {
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(ballast())) {
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left on device");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Reply call(String path, String body) throws NodeGoneException {
        return client.send("POST", path, bytes(body), Map.of());
    }

    private void assertCalled(String function) throws NodeGoneException {
        Reply reply = call("/function/" + function, "hello");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("hello");
    }

    private void assertRefused(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(FULL);
        assertThat(reply.body()).containsAnyOf("disk is full", "No space left on device");
    }

    private String versions() throws NodeGoneException {
        StringBuilder versions = new StringBuilder();
        client.get("/system/functions")
                .json()
                .forEach(function -> versions.append(function.path("name").asString())
                        .append(' ')
                        .append(function.path("image").asString())
                        .append('\n'));
        return versions.toString();
    }

    private void awaitMetric(String line) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(client.get("/metrics").body().lines()).contains(line));
    }

    @Test
    void changesAreRefusedCallsGoOnAndAllWorksAgainWithRoom() throws Exception {
        String digest = Deployments.upload(client, sources.handler(ECHO));
        for (String name : new String[] {"warm", "cold"}) {
            assertThat(Deployments.deploy(client, false, name, digest, COLD).status())
                    .isEqualTo(202);
        }
        Deployments.ensure(client, "chatty", sources.handler(CHATTY), COLD);
        Deployments.ensure(client, "slow", sources.handler(SLOW), COLD);
        assertCalled("warm");
        assertThat(call("/async-function/slow", "").status()).isEqualTo(202);
        awaitMetric("gateway_function_invocation_inflight{function_name=\"slow.default\"} 1.0");
        String before = versions();

        fill();

        changesAreRefused(digest);
        assertThat(versions()).isEqualTo(before);
        assertCalled("warm");
        assertCalled("cold");
        // More than what is left of the last page of the log.
        assertThat(call("/function/chatty/200", "a line that is lost").status()).isEqualTo(200);
        assertThat(client.get("/healthz").status()).isEqualTo(200);
        assertThat(client.get("/readyz").status()).isEqualTo(200);
        awaitMetric("gateway_function_invocation_total{code=\"200\",function_name=\"slow.default\"} 1.0");

        Files.delete(ballast());

        changesAreAccepted(digest);
        // What ended while nobody could note it down has been noted down, and was not run again.
        awaitMetric("instar_async_pending{namespace=\"default\"} 0.0");
        awaitMetric("gateway_function_invocation_total{code=\"200\",function_name=\"slow.default\"} 1.0");
        assertThat(call("/function/chatty/1", "a line that is kept").status()).isEqualTo(200);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                client.get("/system/logs?name=chatty&tail=1").body())
                        .contains("a line that is kept"));
    }

    private void changesAreRefused(String digest) throws Exception {
        byte[] other = sources.handler("PADDING = '" + "x".repeat(10_000) + "'\n" + ECHO);
        assertRefused(client.send(
                "PUT",
                "/system/code?namespace=default&format=tar.gz",
                other,
                Map.of("Content-Type", "application/octet-stream")));
        assertRefused(Deployments.deploy(client, false, "new", digest, COLD));
        assertRefused(
                Deployments.deploy(client, true, "warm", digest, Map.of("start", "cold", "envVars", Map.of("A", "b"))));
        assertRefused(Deployments.remove(client, "cold"));
        assertRefused(client.send("POST", "/system/secrets", Map.of("name", "word", "value", "x")));
        assertRefused(call("/async-function/warm", "short"));
        assertRefused(call("/async-function/warm", "long ".repeat(100_000)));
    }

    private void changesAreAccepted(String digest) throws Exception {
        Deployments.ensure(client, "newer", sources.handler("# another\n" + ECHO), COLD);
        assertCalled("newer");
        assertThat(Deployments.deploy(client, false, "new", digest, COLD).status())
                .isEqualTo(202);
        assertCalled("new");
        assertThat(client.send("POST", "/system/secrets", Map.of("name", "word", "value", "x"))
                        .accepted())
                .isTrue();
        assertThat(call("/async-function/warm", "short").status()).isEqualTo(202);
        assertThat(call("/async-function/warm", "long ".repeat(100_000)).status())
                .isEqualTo(202);
        assertThat(Deployments.remove(client, "cold").accepted()).isTrue();
    }
}
