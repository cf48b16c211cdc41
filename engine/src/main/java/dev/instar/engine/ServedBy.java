package dev.instar.engine;

import java.util.Map;

/**
 * How a call was served, known when its reply begins.
 *
 * @param start how its instance came to be
 * @param instance the instance's id
 * @param version the function version's number
 * @param queueNanos from acceptance to having an instance or beginning a start
 * @param startNanos spent on starting an instance; 0 if warm
 * @param startPhaseNanos how long each phase of that start took, in order; empty if warm
 * @param handlerNanos from handing the call to the instance to the first byte of the reply
 */
public record ServedBy(
        StartKind start,
        String instance,
        int version,
        long queueNanos,
        long startNanos,
        Map<String, Long> startPhaseNanos,
        long handlerNanos) {}
