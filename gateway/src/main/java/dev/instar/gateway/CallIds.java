package dev.instar.gateway;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Makes ids of calls: unique over restarts of the node, and cheap. Thread-safe. */
final class CallIds {
    private static final HexFormat HEX = HexFormat.of();

    // 72 random bits for the node's run, then a count
    private final String prefix;
    private final AtomicLong count = new AtomicLong();

    CallIds() {
        byte[] random = new byte[9];
        new SecureRandom().nextBytes(random);
        prefix = HEX.formatHex(random) + "-";
    }

    String next() {
        return prefix + HEX.toHexDigits(count.incrementAndGet(), 10);
    }

    /** A W3C trace context for a call that came without one. */
    static String traceParent() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        // the specification forbids ids of zeros
        return "00-" + HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong() | 1) + "-"
                + HEX.toHexDigits(random.nextLong() | 1) + "-01";
    }

    /** Whether the text is a trace context of version 00 that can be passed on. */
    static boolean isTraceParent(String text) {
        if (text.length() != 55 || !text.startsWith("00-") || text.charAt(35) != '-' || text.charAt(52) != '-') {
            return false;
        }
        return isId(text, 3, 35) && isId(text, 36, 52) && isHex(text.charAt(53)) && isHex(text.charAt(54));
    }

    private static boolean isId(String text, int from, int to) {
        boolean nonZero = false;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!isHex(c)) {
                return false;
            }
            nonZero |= c != '0';
        }
        return nonZero;
    }

    private static boolean isHex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
}
