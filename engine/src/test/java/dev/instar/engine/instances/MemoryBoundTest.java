package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.OverloadedException;
import dev.instar.engine.process.Calls.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class MemoryBoundTest {
    private static final long MIB = 1L << 20;
    /** Holds 60 MiB and naps as long as the body says. */
    private static final String LARGE = """
            import time
            held = bytearray(b"x") * (60 << 20)
            def handle(event, context):
                time.sleep(float(event.body or 0))
                return {"statusCode": 200, "body": "ok"}
            """;

    @TempDir
    Path directory;

    InstancesFixture node;

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void theLeastRecentlyUsedIdleInstanceYields() throws IOException {
        node = new InstancesFixture(directory, 180 * MIB, 256, Duration.ofSeconds(10));
        node.deploy("a", LARGE, specs -> specs.memory(128 * MIB));
        node.deploy("b", LARGE, specs -> specs.memory(128 * MIB));
        node.deploy("c", LARGE, specs -> specs.memory(128 * MIB));
        node.call("a", "0");
        node.call("b", "0");
        node.call("a", "0");

        node.call("c", "0");

        assertThat(node.status("a").alive()).isEqualTo(1);
        assertThat(node.status("b").alive()).isZero();
        assertThat(node.status("c").alive()).isEqualTo(1);
        assertThat(node.events.ended).containsExactly("evicted-memory");
    }

    @Test
    void withNothingIdleACallWaitsAndIsThenRefused() throws IOException {
        node = new InstancesFixture(directory, 100 * MIB, 256, Duration.ofMillis(300));
        node.deploy("a", LARGE, specs -> specs.memory(128 * MIB));
        node.deploy("b", LARGE, specs -> specs.memory(128 * MIB));
        CompletableFuture<Answer> running = node.start("a", "1.5");
        await().until(() -> node.status("a").alive() == 1);

        assertThatThrownBy(() -> node.call("b", "0"))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.nodeWide()).isTrue());

        assertThat(running.join().status()).isEqualTo(200);
        await().ignoreExceptions().until(() -> node.call("b", "0").status() == 200);
        assertThat(node.events.ended).containsExactly("evicted-memory");
    }

    @Test
    void aWaitingCallTakesTheRoomOfAnInstanceThatBecomesIdle() throws IOException {
        node = new InstancesFixture(directory, 100 * MIB, 256, Duration.ofSeconds(10));
        node.deploy("a", LARGE, specs -> specs.memory(128 * MIB));
        node.deploy("b", LARGE, specs -> specs.memory(128 * MIB));
        CompletableFuture<Answer> running = node.start("a", "0.8");
        await().until(() -> node.status("a").alive() == 1);

        assertThat(node.call("b", "0").status()).isEqualTo(200);
        assertThat(running.join().status()).isEqualTo(200);
    }

    @Test
    void whatOutgrowsTheBoundIsEndedOnceIdle() throws IOException {
        node = new InstancesFixture(directory, 150 * MIB, 256, Duration.ofSeconds(10));
        node.deploy("grow", """
                held = []
                def handle(event, context):
                    held.append(bytearray(b"x") * (200 << 20))
                    return {"statusCode": 200, "body": "ok"}
                """, specs -> specs.memory(64 * MIB));

        assertThat(node.call("grow", "").status()).isEqualTo(200);

        await().until(() -> node.status("grow").alive() == 0);
        assertThat(node.events.ended).containsExactly("evicted-memory");
    }
}
