package dev.instar.gateway;

import dev.instar.engine.StartKind;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Calls by the labels of TrEnv's platform (SOSP'24), one JSON object a line: {@code {"label":…,"data":…}}, times in
 * milliseconds. Its labels for what does not happen here are left out: the steps of CRIU, and what is declared rather
 * than used as peak memory. docs/api.md says what each label stands for.
 */
final class TrenvMetrics {
    private static final double NANOS_PER_MILLI = 1e6;

    private TrenvMetrics() {}

    /** The lines, each ended by a newline. */
    static byte[] lines(List<CallRecords.Entry> calls) {
        Map<String, Object> data = new LinkedHashMap<>();
        Map<String, List<Double>> whole = new TreeMap<>();
        for (Way way : Way.values()) {
            way.collect(calls, data);
        }
        calls.forEach(call -> append(whole, call, call.totalNanos()));
        data.put("end-to-end-latency", whole);
        data.put("invoke-count", calls.size());

        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        data.forEach((label, value) -> {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("label", label);
            line.put("data", value);
            lines.writeBytes(Json.bytes(line));
            lines.write('\n');
        });
        return lines.toByteArray();
    }

    /** How TrEnv tells apart how a call came by its instance. */
    private enum Way {
        /** A prepared sandbox is given the memory of a template. */
        SWITCH("switch"),
        /** A process is started that shares no template's memory. */
        START_NEW("start-new"),
        /** An idle instance of the function is there. */
        REUSE("reuse");

        private final String word;

        Way(String word) {
            this.word = word;
        }

        private static Way of(StartKind start) {
            return switch (start) {
                case TEMPLATE -> SWITCH;
                case FORK, COLD -> START_NEW;
                case WARM -> REUSE;
            };
        }

        private void collect(List<CallRecords.Entry> calls, Map<String, Object> data) {
            Map<String, List<Double>> ready = new TreeMap<>();
            Map<String, List<Double>> handler = new TreeMap<>();
            Map<String, Integer> count = new TreeMap<>();
            for (CallRecords.Entry call : calls) {
                if (of(call.start()) == this) {
                    append(ready, call, call.readyNanos());
                    append(handler, call, call.handlerNanos());
                    count.merge(call.function().toString(), 1, Integer::sum);
                }
            }
            data.put(word + "-latency", ready);
            data.put(word + "-count", count);
            data.put(word + "-exec-latency", handler);
        }
    }

    private static void append(Map<String, List<Double>> times, CallRecords.Entry call, long nanos) {
        times.computeIfAbsent(call.function().toString(), any -> new ArrayList<>())
                .add(Math.round(nanos / 1e3) * 1e3 / NANOS_PER_MILLI);
    }
}
