package dev.instar.engine.instances;

import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.HandlerFailure;

/** Writes errors of handlers to the function's log, the only place where their traces go. */
final class HandlerErrors {
    private HandlerErrors() {}

    /** @param callId the call in which it happened */
    static void log(InstanceOutput output, String callId, HandlerFailure failure) {
        output.remark("call " + callId + " failed: " + failure.type() + ": " + failure.message());
        failure.trace().lines().forEach(output::remark);
    }
}
