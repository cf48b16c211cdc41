package dev.instar.engine.async;

import dev.instar.engine.Call;
import dev.instar.engine.EngineException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Invoker;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.PayloadTooLargeException;
import dev.instar.engine.instances.AnswerStatus;
import dev.instar.engine.store.AsyncRepository;
import dev.instar.engine.store.QueuedCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a queued call once and judges how it went. Thread-safe. */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    private final AsyncRepository calls;
    private final Invoker invoker;
    private final int callbackBodyBytes;

    Attempt(AsyncRepository calls, Invoker invoker, int callbackBodyBytes) {
        this.calls = calls;
        this.invoker = invoker;
        this.callbackBodyBytes = callbackBodyBytes;
    }

    Outcome run(QueuedCall queued) {
        long began = System.nanoTime();
        KeptReply reply = new KeptReply(queued.callbackUrl().isEmpty() ? 0 : callbackBodyBytes);
        try (InputStream body = calls.body(queued)) {
            invoker.invoke(call(queued, body), reply);
            boolean serverError = reply.status() >= 500;
            return new Outcome(
                    reply.status(), reply.headers(), reply.body(), reply.cutOff(), "", serverError, since(began));
        } catch (EngineException e) {
            return failed(AnswerStatus.of(e), String.valueOf(e.getMessage()), !isFinal(e), began);
        } catch (RuntimeException e) {
            LOG.error("call {} of {} failed unexpectedly", queued.id(), queued.function(), e);
            return failed(500, e.toString(), true, began);
        } catch (IOException e) {
            return failed(502, "the reply or the stored body broke off: " + e.getMessage(), true, began);
        }
    }

    /** Failures that lie in the call itself come back however often it is tried. */
    private static boolean isFinal(EngineException e) {
        return e instanceof NotFoundException
                || e instanceof InvalidRequestException
                || e instanceof PayloadTooLargeException;
    }

    private static Outcome failed(int status, String reason, boolean retryable, long began) {
        byte[] body = reason.getBytes(StandardCharsets.UTF_8);
        return new Outcome(status, List.of(), body, false, reason, retryable, since(began));
    }

    private static Duration since(long began) {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static Call call(QueuedCall queued, InputStream body) {
        return new Call(
                queued.id(),
                queued.function(),
                queued.method(),
                queued.path(),
                queued.query(),
                queued.headers(),
                queued.remoteAddress(),
                body,
                queued.bodyLength());
    }
}
