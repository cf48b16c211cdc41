package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.node.Footprint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions have user ids of their own, and read what the node has unpacked for them. */
class StrictMaskTest {
    private static final String HANDLER = """
            import os
            def handle(event, context):
                mask = os.umask(0)
                return {"statusCode": 200, "body": oct(mask)}
            """;

    @Test
    void functionsRunWhateverMaskTheNodeIsStartedWith(@TempDir Path root) throws Exception {
        Path data = root.resolve("data");
        Path configuration = Files.writeString(root.resolve("instar.yaml"), "port: 0\n");
        byte[] archive = new Sources(root.resolve("sources")).handler(HANDLER);
        try (KillableNode node =
                KillableNode.startWithStrictMask(data, configuration, Files.createDirectory(root.resolve("tmp")))) {
            try (Client client = new Client(node.awaitReady(), node.administrator())) {
                for (String start : new String[] {"cold", "template"}) {
                    Deployments.ensure(client, start, archive, Map.of("start", start));
                    Client.Reply reply = client.send(
                            "POST", "/function/" + start, "hello".getBytes(StandardCharsets.UTF_8), Map.of());
                    assertThat(reply.status()).as(node.lastWords()).isEqualTo(200);
                    assertThat(reply.body()).isEqualTo("0o22");
                }
            }
            assertThat(node.end()).isZero();
        }
        assertThat(Footprint.of(data)).isEmpty();
    }
}
