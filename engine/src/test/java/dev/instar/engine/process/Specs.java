package dev.instar.engine.process;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.FunctionSpec.Scaling;
import dev.instar.engine.KeepAlive;
import dev.instar.engine.Priority;
import dev.instar.engine.StartPreference;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Specs of Python functions with everything at its default but what a test is about. */
public record Specs(
        FunctionName name,
        String code,
        String handler,
        Duration timeout,
        int concurrency,
        Scaling scaling,
        List<CronTrigger> triggers,
        long memoryBytes) {
    public static Specs of(String name, String code) {
        return new Specs(
                FunctionName.parse(name),
                code,
                "handler.handle",
                Duration.ofSeconds(20),
                1,
                Scaling.DEFAULT,
                List.of(),
                ResourceLimits.DEFAULT.memoryBytes());
    }

    public Specs timeout(Duration value) {
        return new Specs(name, code, handler, value, concurrency, scaling, triggers, memoryBytes);
    }

    public Specs concurrency(int value) {
        return new Specs(name, code, handler, timeout, value, scaling, triggers, memoryBytes);
    }

    public Specs scaling(int minimum, int maximum, Duration keepAlive) {
        return new Specs(
                name,
                code,
                handler,
                timeout,
                concurrency,
                new Scaling(minimum, maximum, keepAlive),
                triggers,
                memoryBytes);
    }

    public Specs priority(Priority value) {
        Scaling changed = new Scaling(scaling.minimum(), scaling.maximum(), scaling.keepAlive(), value);
        return new Specs(name, code, handler, timeout, concurrency, changed, triggers, memoryBytes);
    }

    public Specs keepAlive(KeepAlive value) {
        Scaling changed = new Scaling(scaling.minimum(), scaling.maximum(), value, scaling.priority());
        return new Specs(name, code, handler, timeout, concurrency, changed, triggers, memoryBytes);
    }

    public Specs trigger(String schedule, String body) {
        return new Specs(
                name,
                code,
                handler,
                timeout,
                concurrency,
                scaling,
                List.of(new CronTrigger(schedule, body)),
                memoryBytes);
    }

    public Specs memory(long bytes) {
        return new Specs(name, code, handler, timeout, concurrency, scaling, triggers, bytes);
    }

    public FunctionSpec spec() {
        return new FunctionSpec(
                name,
                code,
                RuntimeKind.PYTHON,
                HandlerConvention.OPENFAAS_HTTP,
                handler,
                List.of(),
                Map.of(),
                List.of(),
                new ResourceLimits(memoryBytes, OptionalLong.empty(), 128, 1000, 64 << 20),
                timeout,
                concurrency,
                NetworkMode.NONE,
                Map.of(),
                Map.of(),
                List.of(),
                "",
                List.of(),
                scaling,
                triggers,
                false,
                StartPreference.TEMPLATE);
    }
}
