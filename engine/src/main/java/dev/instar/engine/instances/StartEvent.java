package dev.instar.engine.instances;

import java.util.Map;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The start of an instance, with its phases. */
@Name("dev.instar.Start")
@Label("Instance Start")
@Category("Instar")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
final class StartEvent extends Event {
    @Label("Function")
    private String function = "";

    @Label("Instance")
    private String instance = "";

    @Label("Kind")
    private String kind = "";

    @Label("Failure")
    @Description("Why the start failed; empty if it did not")
    private String failure = "";

    @Label("Sandbox")
    @Timespan(Timespan.NANOSECONDS)
    private long sandbox;

    @Label("Execute")
    @Timespan(Timespan.NANOSECONDS)
    private long execute;

    @Label("Init")
    @Timespan(Timespan.NANOSECONDS)
    private long init;

    void succeeded(String ofFunction, StartedProcess process) {
        Map<String, Long> phases = process.phaseNanos();
        function = ofFunction;
        instance = process.id();
        kind = process.kind().word();
        sandbox = phases.getOrDefault("sandbox", 0L);
        execute = phases.getOrDefault("execute", 0L);
        init = phases.getOrDefault("init", 0L);
    }

    void failed(String ofFunction, String ofInstance, String why) {
        function = ofFunction;
        instance = ofInstance;
        failure = why;
    }
}
