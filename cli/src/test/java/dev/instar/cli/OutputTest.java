package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class OutputTest {
    @Test
    void bytesHaveThreeDigits() {
        assertThat(Output.bytes(0)).isEqualTo("0 B");
        assertThat(Output.bytes(1023)).isEqualTo("1023 B");
        assertThat(Output.bytes(1536)).isEqualTo("1.50 KiB");
        assertThat(Output.bytes(20L << 20)).isEqualTo("20.0 MiB");
        assertThat(Output.bytes(300L << 30)).isEqualTo("300 GiB");
        assertThat(Output.bytes(Long.MAX_VALUE)).isEqualTo("8388608 TiB");
    }

    @Test
    void millisecondsHaveAtLeastThreeDigits() {
        assertThat(Output.millis(0.1234)).isEqualTo("0.123");
        assertThat(Output.millis(4.567)).isEqualTo("4.57");
        assertThat(Output.millis(45.67)).isEqualTo("45.7");
        assertThat(Output.millis(456.7)).isEqualTo("457");
    }

    @Test
    void agesAreRounded() {
        Instant now = Instant.parse("2024-05-10T12:00:00Z");
        assertThat(Output.age("2024-05-10T11:59:30Z", now)).isEqualTo("30s");
        assertThat(Output.age("2024-05-10T11:30:00Z", now)).isEqualTo("30m");
        assertThat(Output.age("2024-05-10T02:00:00Z", now)).isEqualTo("10h");
        assertThat(Output.age("2024-05-01T12:00:00Z", now)).isEqualTo("9d");
        assertThat(Output.age("2024-05-10T12:00:05Z", now)).isEqualTo("0s");
        assertThat(Output.age("-", now)).isEqualTo("-");
    }
}
