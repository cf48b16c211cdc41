package dev.instar.gateway;

import dev.instar.engine.ConflictException;
import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.EngineException;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.PayloadTooLargeException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StorageException;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a failed request is answered.
 *
 * @param status HTTP status
 * @param message for the user: what is wrong and what to do
 * @param headers further headers of the answer
 */
record Fault(int status, String message, List<Header> headers) {
    private static final Logger LOG = LoggerFactory.getLogger(Fault.class);

    /**
     * @param calling whether a function was being called, rather than managed
     * @param id appears in the log beside an error nobody expected
     */
    static Fault of(Throwable failure, boolean calling, String id) {
        return switch (failure) {
            case Refusal refusal -> new Fault(refusal.status(), message(refusal), refusal.headers());
            case OverloadedException e ->
                new Fault(e.nodeWide() ? 503 : 429, message(e), List.of(retryAfter(e.retryAfter())));
            case QuotaExceededException e
            when calling -> new Fault(429, message(e), List.of(retryAfter(Duration.ofSeconds(1))));
            case EngineException e -> new Fault(status(e), message(e), List.of());
            default -> {
                LOG.error("request {} failed", id, failure);
                yield new Fault(
                        500,
                        "the node failed to handle the request; its log has the details under id " + id,
                        List.of());
            }
        };
    }

    static Header retryAfter(Duration time) {
        long seconds = Math.max(1, time.plusMillis(999).toSeconds());
        return HeaderValues.create(HeaderNames.RETRY_AFTER, Long.toString(seconds));
    }

    private static int status(EngineException e) {
        return switch (e) {
            case InvalidRequestException _ -> 400;
            case QuotaExceededException _ -> 403;
            case NotFoundException _ -> 404;
            case ConflictException _ -> 409;
            case PayloadTooLargeException _ -> 413;
            case InstanceFailedException _ -> 502;
            case StartFailedException _ -> 502;
            case DeadlineExceededException _ -> 504;
            case StorageException _ -> 507;
            default -> 500;
        };
    }

    private static String message(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
