package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.NodeStatus;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.SandboxReuse;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What a scrape asks the engine. Used by one thread at a time. */
final class EngineGauges {
    private final Engine engine;
    private final MeterRegistry registry;
    private final MultiGauge services;
    private final MultiGauge instances;
    private final MultiGauge queues;
    private final MultiGauge memory;
    private final MultiGauge pending;

    private NodeStatus node = new NodeStatus(false, 0, 0, 0, 0, 0, 0, 0, SandboxReuse.NONE);
    private final Set<String> destroyed = new HashSet<>();
    private final List<Row<?>> serviceRows = new ArrayList<>();
    private final List<Row<?>> instanceRows = new ArrayList<>();
    private final List<Row<?>> queueRows = new ArrayList<>();
    private final List<Row<?>> memoryRows = new ArrayList<>();
    private final List<Row<?>> pendingRows = new ArrayList<>();

    EngineGauges(Engine engine, MeterRegistry registry) {
        this.engine = engine;
        this.registry = registry;
        services = gauge(registry, "gateway.service.count", "Instances alive");
        instances = gauge(registry, "instar.instances", "Instances, by state");
        queues = gauge(registry, "instar.queue.length", "Calls waiting for an instance");
        memory = gauge(registry, "instar.function.memory.bytes", "Memory of a function's instances");
        pending = gauge(registry, "instar.async.pending", "Asynchronous calls accepted and not yet done");
        node(registry, "instar.node.instances", "Instances alive", NodeStatus::instances);
        node(registry, "instar.node.sandboxes.ready", "Prepared sandboxes", NodeStatus::sandboxesReady);
        node(registry, "instar.node.running", "Calls being served", NodeStatus::running);
        node(registry, "instar.node.queued", "Calls waiting for an instance", NodeStatus::queued);
        node(registry, "instar.node.draining", "1 while draining", status -> status.draining() ? 1 : 0);
        node(registry, "instar.node.memory.bytes", "Memory of all workloads", NodeStatus::memoryBytes);
        node(registry, "instar.node.memory.bound.bytes", "Where eviction begins", NodeStatus::memoryBoundBytes);
        FunctionCounter.builder("instar.node.launchers.lost", this, gauges -> gauges.node.launchersLost())
                .description("Times that all sandboxes were lost because their launcher was killed")
                .register(registry);
        total(
                registry,
                "instar.sandboxes.repurposed",
                "Sandboxes made ready for another use",
                SandboxReuse::repurposed);
        total(
                registry,
                "instar.sandboxes.networks.replaced",
                "Sandboxes that got another network for their next use",
                SandboxReuse::networksReplaced);
        total(
                registry,
                "instar.sandboxes.cleaning.seconds",
                "Time that making sandboxes ready for another use took",
                SandboxReuse::cleaningSeconds);
    }

    private void total(MeterRegistry registry, String name, String description, ToDoubleFunction<SandboxReuse> value) {
        FunctionCounter.builder(name, this, gauges -> value.applyAsDouble(gauges.node.sandboxReuse()))
                .description(description)
                .register(registry);
    }

    /** A reason has a counter from the first time on that it occurs. */
    private void countDestroyed(String reason) {
        if (!destroyed.add(reason)) {
            return;
        }
        FunctionCounter.builder(
                        "instar.sandboxes.destroyed",
                        this,
                        gauges -> gauges.node.sandboxReuse().destroyed().getOrDefault(reason, 0L))
                .description("Sandboxes destroyed instead of made ready for another use")
                .tag("reason", reason)
                .register(registry);
    }

    private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    private void node(MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
        Gauge.builder(name, this, gauges -> value.applyAsDouble(gauges.node))
                .description(description)
                .register(registry);
    }

    void sample() {
        List.of(serviceRows, instanceRows, queueRows, memoryRows, pendingRows).forEach(List::clear);
        for (String namespace : engine.tenants().namespaces()) {
            sample(namespace);
        }
        services.register(serviceRows, true);
        instances.register(instanceRows, true);
        queues.register(queueRows, true);
        memory.register(memoryRows, true);
        pending.register(pendingRows, true);
        node = engine.status();
        node.sandboxReuse().destroyed().keySet().forEach(this::countDestroyed);
    }

    private void sample(String namespace) {
        List<FunctionStatus> functions;
        try {
            functions = engine.functions().list(namespace);
        } catch (NotFoundException _) {
            // deleted since it was listed
            return;
        }
        functions.forEach(this::sample);
        pendingRows.add(Row.of(Tags.of("namespace", namespace), engine.async().pending(namespace)));
    }

    private void sample(FunctionStatus status) {
        Tags name = Tags.of("function_name", status.current().spec().name().toString());
        serviceRows.add(Row.of(name, status.replicas()));
        instanceRows.add(Row.of(name.and("state", "idle"), status.idle()));
        instanceRows.add(Row.of(name.and("state", "busy"), Math.max(0, status.replicas() - status.idle())));
        queueRows.add(Row.of(name, status.queued()));
        memoryRows.add(Row.of(name.and("kind", "private"), status.privateBytes()));
        memoryRows.add(Row.of(name.and("kind", "shared"), status.sharedBytes()));
    }
}
