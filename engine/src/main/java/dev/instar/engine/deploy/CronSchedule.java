package dev.instar.engine.deploy;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import dev.instar.engine.InvalidRequestException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;

/**
 * A five-field Unix cron expression, in UTC. Where both day fields are other than {@code *}, a day that satisfies
 * either counts. Immutable.
 */
public final class CronSchedule {
    private final ExecutionTime times;

    private CronSchedule(ExecutionTime times) {
        this.times = times;
    }

    /** @throws InvalidRequestException if it is not such an expression */
    public static CronSchedule parse(String expression) {
        if (expression.length() > 256 || expression.startsWith("@")) {
            throw invalid(expression, "expected five fields: minute, hour, day of month, month, day of week");
        }
        try {
            CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
            CronSchedule schedule = new CronSchedule(
                    ExecutionTime.forCron(parser.parse(expression).validate()));
            if (schedule.nextAfter(Instant.EPOCH).isEmpty()) {
                throw invalid(expression, "there is no such day");
            }
            return schedule;
        } catch (IllegalArgumentException e) {
            throw invalid(expression, String.valueOf(e.getMessage()));
        }
    }

    /** The first time strictly after {@code instant}, or nothing if there will be none. */
    public Optional<Instant> nextAfter(Instant instant) {
        return times.nextExecution(ZonedDateTime.ofInstant(instant, ZoneOffset.UTC))
                .map(ZonedDateTime::toInstant);
    }

    private static InvalidRequestException invalid(String expression, String why) {
        return new InvalidRequestException("cron \"" + expression + "\": " + why);
    }
}
