package dev.instar.engine;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** The durable queue of asynchronous calls: retries with exponential back-off, then a dead-letter list. Thread-safe. */
public interface AsyncService {
    /**
     * Accepts a call; when this returns it survives a crash of the node.
     *
     * @param callbackUrl where the result is posted, or empty
     * @throws NotFoundException if the function is not deployed
     * @throws OverloadedException if the queue is full
     * @throws PayloadTooLargeException from reading the body
     * @throws IOException from reading the body
     */
    void enqueue(Call call, String callbackUrl) throws IOException;

    /** Calls accepted and not yet done, all functions of a namespace. */
    long pending(String namespace);

    /**
     * Calls given up on, newest first.
     *
     * @param limit at most this many
     */
    List<DeadLetter> deadLetters(String namespace, int limit);

    /**
     * Puts a dead letter back into the queue.
     *
     * @throws NotFoundException if there is none with this id
     */
    void retry(String namespace, String callId);

    /**
     * Forgets a dead letter.
     *
     * @throws NotFoundException if there is none with this id
     */
    void discard(String namespace, String callId);

    /**
     * An asynchronous call that was given up on.
     *
     * @param attempts how often it was tried
     * @param reason why the last attempt failed
     */
    record DeadLetter(String callId, FunctionName function, int attempts, String reason, Instant failedAt) {}
}
