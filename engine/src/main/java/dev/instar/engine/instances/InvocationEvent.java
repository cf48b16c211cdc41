package dev.instar.engine.instances;

import dev.instar.engine.ServedBy;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One call, with its phases. */
@Name("dev.instar.Invocation")
@Label("Invocation")
@Category("Instar")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
final class InvocationEvent extends Event {
    @Label("Call Id")
    private String callId = "";

    @Label("Function")
    private String function = "";

    @Label("Instance")
    private String instance = "";

    @Label("Start Kind")
    private String start = "";

    @Label("Status")
    private int status;

    @Label("Queue")
    @Timespan(Timespan.NANOSECONDS)
    private long queue;

    @Label("Start")
    @Timespan(Timespan.NANOSECONDS)
    private long starting;

    @Label("Handler")
    @Timespan(Timespan.NANOSECONDS)
    private long handler;

    void describe(String id, String ofFunction, int answered, ServedBy servedBy) {
        callId = id;
        function = ofFunction;
        instance = servedBy.instance();
        start = servedBy.start().word();
        status = answered;
        queue = servedBy.queueNanos();
        starting = servedBy.startNanos();
        handler = servedBy.handlerNanos();
    }
}
