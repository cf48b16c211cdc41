package dev.instar.engine.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.InvalidRequestException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * * *|2026-01-01T00:00:00Z|2026-01-01T00:01:00Z",
                "* * * * *|2026-01-01T00:00:59.999Z|2026-01-01T00:01:00Z",
                "*/15 * * * *|2026-01-01T00:15:00Z|2026-01-01T00:30:00Z",
                "0 3 * * *|2026-01-01T04:00:00Z|2026-01-02T03:00:00Z",
                "30 8 * * 1-5|2026-01-02T09:00:00Z|2026-01-05T08:30:00Z",
                "0 0 29 2 *|2026-01-01T00:00:00Z|2028-02-29T00:00:00Z",
                "0 0 1 1 *|2026-01-01T00:00:00Z|2027-01-01T00:00:00Z",
                "0 12 * * 0|2026-01-01T00:00:00Z|2026-01-04T12:00:00Z",
                "0 12 * * 7|2026-01-01T00:00:00Z|2026-01-04T12:00:00Z",
                "0,30 1-2 * * *|2026-01-01T01:00:00Z|2026-01-01T01:30:00Z",
                // A day of the month or a day of the week, when both are given.
                "0 0 13 * 5|2026-01-01T00:00:00Z|2026-01-02T00:00:00Z"
            })
    void theNextTimeIsCrons(String expression, Instant after, Instant next) {
        assertThat(CronSchedule.parse(expression).nextAfter(after)).contains(next);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * 13 *",
                "a b c d e",
                "@hourly",
                "*/0 * * * *",
                "5-1-2 * * * *"
            })
    void otherExpressionsAreRefused(String expression) {
        assertThatThrownBy(() -> CronSchedule.parse(expression))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("cron");
    }

    @Test
    void aTimeThatNeverComesIsRefused() {
        assertThatThrownBy(() -> CronSchedule.parse("0 0 31 2 *")).isInstanceOf(InvalidRequestException.class);
    }
}
