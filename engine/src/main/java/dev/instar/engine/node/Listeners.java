package dev.instar.engine.node;

import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionName;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import java.util.List;
import java.util.Map;

/** Several listeners as one. */
record Listeners(List<EngineListener> all) implements EngineListener {
    @Override
    public void invocationStarted(FunctionName function) {
        for (EngineListener listener : all) {
            listener.invocationStarted(function);
        }
    }

    @Override
    public void invocationEnded(
            FunctionName function, int status, StartKind start, ServedBy servedBy, long totalNanos) {
        for (EngineListener listener : all) {
            listener.invocationEnded(function, status, start, servedBy, totalNanos);
        }
    }

    @Override
    public void instanceStarted(FunctionName function, StartKind kind, Map<String, Long> phaseNanos) {
        all.forEach(listener -> listener.instanceStarted(function, kind, phaseNanos));
    }

    @Override
    public void startFailed(FunctionName function, String phase) {
        all.forEach(listener -> listener.startFailed(function, phase));
    }

    @Override
    public void instanceEnded(FunctionName function, String reason) {
        all.forEach(listener -> listener.instanceEnded(function, reason));
    }
}
