package dev.instar.engine;

import java.util.Locale;

/** How an instance came to serve a call. */
public enum StartKind {
    /** An idle instance was reused. */
    WARM,
    /** A process was cloned from the function's memory template: it continues behind its initialisation. */
    TEMPLATE,
    /** A process was forked from one with private pages: for comparison with templates. */
    FORK,
    /** A runtime was executed and the handler loaded. */
    COLD;

    /** The word in headers, metrics and tables. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
