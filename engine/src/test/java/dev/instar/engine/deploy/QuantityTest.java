package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.InvalidRequestException;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "128974848, 128974848",
        "128Mi, 134217728",
        "1Gi, 1073741824",
        "1.5Gi, 1610612736",
        "1G, 1000000000",
        "129M, 129000000",
        "1k, 1000",
        "0.1, 1",
        "1Ti, 1099511627776"
    })
    void memoryIsReadAsKubernetesReadsIt(String text, long bytes) {
        assertThat(Quantity.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"500m, 500", "0.5, 500", "1, 1000", "2.25, 2250", "0.0001, 1", "100m, 100"})
    void processorsAreReadAsKubernetesReadsThem(String text, int millis) {
        assertThat(Quantity.cpuMillis(text)).isEqualTo(millis);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Mi", "-1", "1 Gi", "1gb", "1mi", "128m", "1e3", "9999999999Ti", "1..5", "١"})
    void otherMemoryIsRefused(String text) {
        assertThatThrownBy(() -> Quantity.bytes(text)).isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "-1", "1k", "1.", "99999999999", "half"})
    void otherProcessorsAreRefused(String text) {
        assertThatThrownBy(() -> Quantity.cpuMillis(text)).isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "30s, 30000",
        "1m30s, 90000",
        "500ms, 500",
        "1.5h, 5400000",
        "0, 0",
        "0s, 0",
        "2h45m, 9900000",
        "100ms1s, 1100"
    })
    void durationsAreReadAsGoReadsThem(String text, long millis) {
        assertThat(TimeSpan.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "30", "s", "-1s", "1d", "1 s", "1s ", "1m30", "0.0000000001s", "999999999999h", "9000h"})
    void otherDurationsAreRefused(String text) {
        assertThatThrownBy(() -> TimeSpan.parse(text)).isInstanceOf(InvalidRequestException.class);
    }

    @Property(tries = 500)
    void memoryRoundTrips(
            @ForAll @LongRange(min = 0, max = 1L << 62) long bytes, @ForAll @IntRange(max = 40) int zeros) {
        long rounded = bytes >> zeros << zeros;
        assertThat(Quantity.bytes(Quantity.ofBytes(rounded))).isEqualTo(rounded);
    }

    @Property(tries = 500)
    void processorsRoundTrip(@ForAll @IntRange(min = 0, max = 1_000_000_000) int millis) {
        assertThat(Quantity.cpuMillis(Quantity.ofCpuMillis(millis))).isEqualTo(millis);
    }

    @Property(tries = 500)
    void durationsRoundTrip(@ForAll @LongRange(min = 0, max = 366L * 24 * 3600 * 1_000_000_000) long nanos) {
        Duration duration = Duration.ofNanos(nanos);
        assertThat(TimeSpan.parse(TimeSpan.format(duration))).isEqualTo(duration);
    }
}
