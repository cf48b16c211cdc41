package dev.instar.engine.store;

import dev.instar.engine.FunctionName;
import dev.instar.runtime.HeaderField;
import java.time.Instant;
import java.util.List;

/**
 * An asynchronous call taken from the queue. Its body is read with {@link AsyncRepository#body}.
 *
 * @param id the call's id
 * @param callbackUrl where the result is posted, or empty
 * @param attempts how often it has been taken, with this time, and without those that the node's end cut off
 * @param acceptedAt when it was queued
 */
public record QueuedCall(
        String id,
        FunctionName function,
        String method,
        String path,
        String query,
        List<HeaderField> headers,
        String remoteAddress,
        long bodyLength,
        String callbackUrl,
        int attempts,
        Instant acceptedAt) {}
