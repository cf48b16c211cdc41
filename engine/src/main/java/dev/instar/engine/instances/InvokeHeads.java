package dev.instar.engine.instances;

import dev.instar.engine.Call;
import dev.instar.runtime.EventForm;
import dev.instar.runtime.HeaderField;
import dev.instar.runtime.InvokeHead;

/** Puts a call's head into the words of the channel. */
final class InvokeHeads {
    /** With the value {@code raw} a Lambda handler gets the JSON body itself as its event. */
    private static final String EVENT_FORM = "X-Instar-Event";

    private InvokeHeads() {}

    /** @param leftNanos what is left of the call's time */
    static InvokeHead of(Call call, long leftNanos) {
        EventForm form = EventForm.HTTP;
        for (HeaderField header : call.headers()) {
            if (header.name().equalsIgnoreCase(EVENT_FORM) && header.value().equalsIgnoreCase("raw")) {
                form = EventForm.RAW;
            }
        }
        return new InvokeHead(
                call.id(),
                call.method(),
                call.path(),
                call.query(),
                call.remoteAddress(),
                System.currentTimeMillis() + leftNanos / 1_000_000,
                form,
                call.headers());
    }
}
