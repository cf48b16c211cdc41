package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionName;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of a node: OpenFaaS's names for calls, and the product's own for starts, instances, queues and memory. The
 * engine reports to it; {@link GatewayServer} shows it at {@code /metrics}. Thread-safe.
 */
public final class GatewayMetrics implements EngineListener {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ConcurrentHashMap<FunctionName, FunctionMeters> functions = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> startFailures = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> instanceEnds = new ConcurrentHashMap<>();
    private final CallRecords calls = new CallRecords();
    private final ReentrantLock scraping = new ReentrantLock();
    private volatile @Nullable EngineGauges gauges;

    /** Metrics with nothing counted yet. */
    public GatewayMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Lets every scrape sample the engine's instances, queues and memory. */
    void observe(Engine engine) {
        gauges = new EngineGauges(engine, registry);
    }

    private FunctionMeters meters(FunctionName function) {
        FunctionMeters known = functions.get(function);
        return known != null ? known : functions.computeIfAbsent(function, name -> new FunctionMeters(name, registry));
    }

    @Override
    public void invocationStarted(FunctionName function) {
        meters(function).started();
    }

    @Override
    public void invocationEnded(
            FunctionName function, int status, StartKind start, ServedBy servedBy, long totalNanos) {
        FunctionMeters meters = meters(function);
        meters.ended(status, totalNanos);
        calls.add(function, servedBy, totalNanos);
        if (start == StartKind.WARM) {
            // other kinds are counted when the instance starts, which may be ahead of any call
            meters.start(start);
        }
    }

    @Override
    public void instanceStarted(FunctionName function, StartKind kind, Map<String, Long> phaseNanos) {
        FunctionMeters meters = meters(function);
        meters.start(kind);
        phaseNanos.forEach(meters::phase);
    }

    @Override
    public void startFailed(FunctionName function, String phase) {
        startFailures
                .computeIfAbsent(
                        phase,
                        key -> Counter.builder("instar.start.failures")
                                .description("Starts that failed, by phase")
                                .tag("phase", key)
                                .register(registry))
                .increment();
    }

    @Override
    public void instanceEnded(FunctionName function, String reason) {
        instanceEnds
                .computeIfAbsent(
                        reason,
                        key -> Counter.builder("instar.instance.ends")
                                .description("Instances that ended, by reason")
                                .tag("reason", key)
                                .register(registry))
                .increment();
    }

    /** The last calls, one by one. */
    CallRecords calls() {
        return calls;
    }

    /** Drops the series and the calls of a function that has been removed. */
    void forget(FunctionName function) {
        calls.forget(function);
        FunctionMeters meters = functions.remove(function);
        if (meters != null) {
            meters.remove();
        }
    }

    /**
     * The metrics in Prometheus's text format.
     *
     * @param namespace only series of this namespace and its functions; empty for all
     */
    String scrape(String namespace) {
        scraping.lock();
        try {
            EngineGauges observed = gauges;
            if (observed != null) {
                observed.sample();
            }
            String all = registry.scrape();
            return namespace.isEmpty() ? all : ofNamespace(all, namespace);
        } finally {
            scraping.unlock();
        }
    }

    private static String ofNamespace(String text, String namespace) {
        String functionLabelEnd = "." + namespace + "\"";
        String namespaceLabel = "namespace=\"" + namespace + "\"";
        StringBuilder kept = new StringBuilder();
        StringBuilder comments = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("#")) {
                if (line.startsWith("# HELP")) {
                    comments.setLength(0);
                }
                comments.append(line).append('\n');
            } else if (isOfFunction(line, functionLabelEnd) || line.contains(namespaceLabel)) {
                kept.append(comments).append(line).append('\n');
                comments.setLength(0);
            }
        }
        return kept.toString();
    }

    private static boolean isOfFunction(String line, String functionLabelEnd) {
        int label = line.indexOf("function_name=\"");
        if (label < 0) {
            return false;
        }
        int value = label + "function_name=\"".length();
        int end = line.indexOf('"', value);
        return end > 0 && line.substring(value, end + 1).endsWith(functionLabelEnd);
    }
}
