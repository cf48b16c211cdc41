package dev.instar.runtime;

import java.util.List;

/**
 * A frame as far as its head.
 *
 * @param type kind
 * @param more whether DATA frames with more of the body follow
 * @param head strings of the head
 * @param bodyLength bytes of the body that follow the head, 0 to {@link #MAX_BODY}
 */
record Frame(FrameType type, boolean more, List<String> head, int bodyLength) {
    /** Bytes before the head. */
    static final int HEADER = 16;
    /** Bytes a head may have. */
    static final int MAX_HEAD = 256 * 1024;
    /** Bytes a body may have. */
    static final int MAX_BODY = 1024 * 1024;
    /** Strings a head may have; without a limit a head of NUL bytes alone would become 256 Ki objects. */
    static final int MAX_STRINGS = 8192;
}
