package dev.instar.runtime;

import java.util.List;

/**
 * All of an invocation but its body. No string may hold a NUL character.
 *
 * @param callId unique per call
 * @param method HTTP method
 * @param path what follows the function's name in the path; starts with {@code /}
 * @param query raw query string without {@code ?}; may be empty
 * @param remoteAddress the caller's address; may be empty
 * @param deadline when the call's time is up, in milliseconds since the epoch
 * @param form how a Lambda handler is called
 * @param headers the request's header fields; not copied, so the caller must not change them while it sends
 */
public record InvokeHead(
        String callId,
        String method,
        String path,
        String query,
        String remoteAddress,
        long deadline,
        EventForm form,
        List<HeaderField> headers) {}
