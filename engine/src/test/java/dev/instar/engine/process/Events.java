package dev.instar.engine.process;

import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionName;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what an engine told. */
public final class Events implements EngineListener {
    public final List<String> ended = new CopyOnWriteArrayList<>();
    public final List<Map<String, Long>> starts = new CopyOnWriteArrayList<>();
    public final List<String> failedStarts = new CopyOnWriteArrayList<>();
    public final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();

    @Override
    public void invocationStarted(FunctionName function) {}

    @Override
    public void invocationEnded(
            FunctionName function, int status, StartKind start, ServedBy servedBy, long totalNanos) {
        statuses.add(status);
    }

    @Override
    public void instanceStarted(FunctionName function, StartKind kind, Map<String, Long> phaseNanos) {
        starts.add(phaseNanos);
    }

    @Override
    public void startFailed(FunctionName function, String phase) {
        failedStarts.add(phase);
    }

    @Override
    public void instanceEnded(FunctionName function, String reason) {
        ended.add(reason);
    }
}
