package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.cli.node.Footprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node is killed while it makes templates: incubating, capturing, writing images, building zygotes, seating clones.
 */
class TemplateKillTest {
    private static final int KILLS = Integer.getInteger("instar.recovery.kills", 8);
    private static final long SEED = Long.getLong("instar.recovery.seed", new Random().nextLong());

    /** What the incubated process writes is captured: a table that takes a while to make and to store. */
    private static final String HANDLER = """
            VERSION = %d
            TABLE = [str(number) * 4 for number in range(200_000)]
            def handle(event, context):
                return {"statusCode": 200, "body": str(VERSION) + TABLE[77]}
            """;

    /** A template is there about so long after its function was deployed. */
    private static final long MAKING_NANOS = 900_000_000;

    @TempDir
    Path root;

    private final Random random = new Random(SEED);
    private Path data;
    private Path temporary;
    private Path configuration;

    @BeforeEach
    void prepare() throws Exception {
        data = root.resolve("data");
        temporary = Files.createDirectory(root.resolve("tmp"));
        configuration = Files.writeString(root.resolve("instar.yaml"), "port: 0\nsandboxes:\n  ready: 3\n");
    }

    /** A test that fails leaves a killed node's remains to the next start, so there is one. */
    @AfterEach
    void end() throws Exception {
        KillableNode.clearAway(data, configuration, temporary);
    }

    @Test
    void nothingIsLeftAndTheNextRunMakesTheTemplate() throws Exception {
        System.out.println("template kills: seed " + SEED);
        Remains remains = new Remains(data, temporary);
        Sources sources = new Sources(root.resolve("sources"));
        for (int kill = 1; kill <= KILLS; kill++) {
            try (KillableNode node = KillableNode.start(data, configuration, temporary)) {
                try (Client client = new Client(node.awaitReady(), node.administrator())) {
                    remains.requireNothingFromBefore(node);
                    String digest = Deployments.upload(client, sources.handler(HANDLER.formatted(kill)));
                    assertThat(Deployments.deploy(client, kill > 1, "table", digest, Map.of())
                                    .accepted())
                            .isTrue();
                    node.letRun(Duration.ofNanos(random.nextLong(MAKING_NANOS)));
                }
                node.kill();
            }
            remains.awaitNoProcess();
        }
        try (KillableNode node = KillableNode.start(data, configuration, temporary)) {
            try (Client client = new Client(node.awaitReady(), node.administrator())) {
                remains.requireNothingFromBefore(node);
                assertThat(client.call("table", new byte[0]).body()).isEqualTo(KILLS + "77777777");
                await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                    client.send("POST", "/system/scale-function/table", Map.of("replicas", 0));
                    Client.Reply reply = client.call("table", new byte[0]);
                    assertThat(reply.body()).isEqualTo(KILLS + "77777777");
                    assertThat(reply.header().apply("X-Instar-Start"))
                            .as(node.lastWords())
                            .isEqualTo("template");
                });
            }
            assertThat(node.end()).isZero();
        }
        assertThat(Footprint.of(data)).isEmpty();
        // One image for each version that the node keeps, and no drafts of any.
        assertThat(Directories.files(data.resolve("templates")))
                .hasSizeLessThanOrEqualTo(KILLS)
                .noneMatch(file -> file.toString().endsWith(".partial"));
    }
}
