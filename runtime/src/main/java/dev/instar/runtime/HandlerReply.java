package dev.instar.runtime;

import java.util.List;

/**
 * What the handler answered.
 *
 * @param status 200 to 599
 * @param headers well-formed header fields: names are tokens, values hold no line break
 * @param body to be read, or closed, before {@link Channel#finish()}
 */
public record HandlerReply(int status, List<HeaderField> headers, ReplyBody body) implements InvokeResult {}
