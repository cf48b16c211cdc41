package dev.instar.runtime;

import java.util.Locale;

/** How a handler is called. The shapes are those of the platforms named. */
public enum HandlerConvention {
    /** Recognised by the shim from the handler's name and parameters. */
    AUTO,
    /** OpenFaaS python3-http and node: {@code handle(event, context)}. */
    OPENFAAS_HTTP,
    /** OpenFaaS classic Python: {@code handle(req)} with the body as text. */
    OPENFAAS_CLASSIC,
    /** AWS Lambda: {@code handler(event, context)}; the event of an HTTP call is payload format 2.0. */
    LAMBDA,
    /** SeBS and FunctionBench: {@code handler(event)} with the JSON body as event. */
    SEBS,
    /** Classic watchdog: one process per request, body on standard input, reply on standard output. */
    WATCHDOG,
    /** A program that serves HTTP on {@code $PORT}. */
    HTTP_SERVER;

    private final String wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name on the wire and in {@code instar.yaml}: {@code openfaas-http}, {@code lambda}, … */
    public String wireName() {
        return wireName;
    }

    /**
     * The convention of that name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static HandlerConvention of(String wireName) {
        StringBuilder known = new StringBuilder();
        for (HandlerConvention convention : values()) {
            if (convention.wireName.equals(wireName)) {
                return convention;
            }
            known.append(known.isEmpty() ? "" : ", ").append(convention.wireName);
        }
        throw new IllegalArgumentException("unknown convention \"" + wireName + "\"; known are " + known);
    }
}
