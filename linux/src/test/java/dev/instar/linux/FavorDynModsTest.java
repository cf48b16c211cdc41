package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Only on kernels that can undo it, so that a run of the tests does not change a machine until its restart; or where
 * {@code -Dinstar.test.favordynmods=true} says that it may.
 */
class FavorDynModsTest {
    private static final String LINE = ":name=" + FavorDynMods.HIERARCHY + ":";
    private static final int[] FIRST_WITH = {6, 0};
    private static final int[] FIRST_FOR_GOOD = {6, 18};

    private List<String> mounts = List.of();

    /** Holds it until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            FavorDynMods held = FavorDynMods.hold();
            System.out.println("held");
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
            held.close();
        }
    }

    @BeforeEach
    void onlyWhereItCanBeUndone() throws IOException {
        String[] words = Files.readString(Path.of("/proc/sys/kernel/osrelease")).split("[^0-9]+", 3);
        int[] version = {Integer.parseInt(words[0]), Integer.parseInt(words[1])};
        Assumptions.assumeTrue(Arrays.compare(version, FIRST_WITH) >= 0, "this kernel does not know the option");
        Assumptions.assumeTrue(
                Arrays.compare(version, FIRST_FOR_GOOD) < 0 || Boolean.getBoolean("instar.test.favordynmods"),
                "this kernel cannot undo it");
        Assumptions.assumeFalse(isHeld(), "somebody else holds it");
        mounts = hierarchies();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        await().until(() -> !isHeld());
        if (!mounts.isEmpty()) {
            assertThat(hierarchies()).isEqualTo(mounts);
        }
    }

    private static boolean isHeld() throws IOException {
        return Files.readString(Path.of("/proc/self/cgroup")).contains(LINE);
    }

    private static List<String> hierarchies() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup"))
                .toList();
    }

    @Test
    void lastsUntilTheLastLetsGo() throws IOException {
        FavorDynMods first = FavorDynMods.hold();
        try (FavorDynMods second = FavorDynMods.hold()) {
            assertThat(second).isNotNull();
            assertThat(isHeld()).isTrue();
            assertThat(hierarchies()).isEqualTo(mounts);
            first.close();
            await().during(java.time.Duration.ofMillis(200)).until(FavorDynModsTest::isHeld);
        }
        await().until(() -> !isHeld());
    }

    @Test
    void endsWithAProcessThatIsKilled() throws Exception {
        Process holder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Holder.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThat(isHeld()).isTrue();
        } finally {
            holder.destroyForcibly();
        }
        assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
        await().until(() -> !isHeld());
    }
}
