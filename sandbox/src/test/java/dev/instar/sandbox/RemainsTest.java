package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.linux.Child;
import dev.instar.linux.CloneFlags;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import dev.instar.linux.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Needs root. */
class RemainsTest {
    private static final Duration END = Duration.ofSeconds(10);

    private final Remains remains = new Remains();
    private final AtomicInteger gone = new AtomicInteger();
    private ControlGroup parent;

    @BeforeEach
    void makeGroup() {
        parent = ControlGroups.detect()
                .create("instar-remains-" + ProcessHandle.current().pid());
    }

    @AfterEach
    void removeGroup() {
        parent.delete(END);
    }

    @Test
    void aGroupIsRemovedAsSoonAsNothingIsInIt() throws Exception {
        ControlGroup group = parent.child("left");
        Process stranger = new ProcessBuilder("/bin/sleep", "600").start();
        try {
            for (Path file : group.joinFiles()) {
                Files.writeString(file, Long.toString(stranger.pid()));
            }
            remains.add("left", null, group, gone::incrementAndGet);
            remains.tryAgain();
            assertThat(remains.count()).isEqualTo(1);
            assertThat(gone).hasValue(0);
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
        await().untilAsserted(() -> {
            remains.tryAgain();
            assertThat(remains.count()).isZero();
        });
        assertThat(gone).hasValue(1);
        assertThat(parent.children()).isEmpty();
    }

    @Test
    void processesAreKilledFirst() throws Exception {
        ControlGroup group = parent.child("left");
        Launcher launcher = Launcher.start("remains");
        try {
            Child init = launcher.newChild(CloneFlags.NEWPID, null, null);
            remains.add("left", init, group, gone::incrementAndGet);
            await().untilAsserted(() -> {
                remains.tryAgain();
                assertThat(remains.count()).isZero();
            });
            await().untilAsserted(
                            () -> assertThat(init.exit()).isCompletedWithValueMatching(exit -> exit.signal() == 9));
            assertThat(gone).hasValue(1);
            assertThat(parent.children()).isEmpty();
        } finally {
            launcher.close();
        }
    }
}
