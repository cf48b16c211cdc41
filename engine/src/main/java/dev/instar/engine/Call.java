package dev.instar.engine;

import dev.instar.runtime.HeaderField;
import java.io.InputStream;
import java.util.List;

/**
 * One call of a function.
 *
 * @param id unique per call, returned as {@code X-Call-Id}
 * @param function whom to call
 * @param method HTTP method
 * @param path what follows the function's name in the path, starting with {@code /}; {@code /} if nothing does
 * @param query raw query string without {@code ?}; empty if none
 * @param headers as received, hop-by-hop fields removed
 * @param remoteAddress the caller's address, or empty
 * @param body the body; reading beyond the gateway's limit throws {@link PayloadTooLargeException}
 * @param bodyLength its length, or −1 if not known beforehand
 */
public record Call(
        String id,
        FunctionName function,
        String method,
        String path,
        String query,
        List<HeaderField> headers,
        String remoteAddress,
        InputStream body,
        long bodyLength) {}
