package dev.instar.engine.instances;

import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.InstanceFailedException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.PayloadTooLargeException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.StartFailedException;
import java.io.IOException;

/** The HTTP status that stands for a call that failed before its reply began, for metrics and retries. */
public final class AnswerStatus {
    /** Stands for an error that no caller should ever see. */
    static final int UNKNOWN = 500;
    /** The caller went away before it could be answered. */
    public static final int CALLER_GONE = 499;

    private AnswerStatus() {}

    /** The status that answers this failure. */
    public static int of(Exception failure) {
        return switch (failure) {
            case NotFoundException _ -> 404;
            case PayloadTooLargeException _ -> 413;
            case QuotaExceededException _ -> 429;
            case OverloadedException overload -> overload.nodeWide() ? 503 : 429;
            case StartFailedException _, InstanceFailedException _ -> 502;
            case DeadlineExceededException _ -> 504;
            case IOException _ -> CALLER_GONE;
            default -> UNKNOWN;
        };
    }
}
