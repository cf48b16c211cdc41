package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OpenFileLimitTest {
    @Test
    void itIsWhatTheKernelSays() throws IOException {
        long soft = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+")[3]))
                .findFirst()
                .orElseThrow();
        assertThat(OpenFileLimit.get()).isEqualTo(soft);
    }

    @Test
    void aLimitThatIsHighEnoughStays() {
        long before = OpenFileLimit.get();
        assertThat(OpenFileLimit.raise(before - 1)).isTrue();
        assertThat(OpenFileLimit.get()).isEqualTo(before);
    }

    @Test
    void nobodyGoesBeyondTheMachinesLimit() {
        long before = OpenFileLimit.get();
        assertThat(OpenFileLimit.raise(1L << 40)).isFalse();
        assertThat(OpenFileLimit.get()).isEqualTo(before);
    }
}
