package dev.instar.engine.async;

import dev.instar.engine.FunctionName;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which functions the workers are busy with. A function may have half of the workers and a namespace three quarters, so
 * that slow calls of one leave room for the others. Thread-safe.
 */
final class WorkerShares {
    private final int workers;
    private final int perFunction;
    private final int perNamespace;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<FunctionName, Integer> functions = new HashMap<>();
    private final Map<String, Integer> namespaces = new HashMap<>();
    private int busy;

    WorkerShares(int workers) {
        this.workers = workers;
        this.perFunction = Math.max(1, workers / 2);
        this.perNamespace = Math.max(1, workers * 3 / 4);
    }

    int free() {
        return workers - busy();
    }

    int busy() {
        lock.lock();
        try {
            return busy;
        } finally {
            lock.unlock();
        }
    }

    /** How many more calls of the function may run now. */
    int room(FunctionName function) {
        lock.lock();
        try {
            int ofFunction = perFunction - functions.getOrDefault(function, 0);
            int ofNamespace = perNamespace - namespaces.getOrDefault(function.namespace(), 0);
            return Math.max(0, Math.min(ofFunction, ofNamespace));
        } finally {
            lock.unlock();
        }
    }

    void take(FunctionName function) {
        lock.lock();
        try {
            busy++;
            functions.merge(function, 1, Integer::sum);
            namespaces.merge(function.namespace(), 1, Integer::sum);
        } finally {
            lock.unlock();
        }
    }

    void giveBack(FunctionName function) {
        lock.lock();
        try {
            busy--;
            functions.computeIfPresent(function, (_, count) -> count == 1 ? null : count - 1);
            namespaces.computeIfPresent(function.namespace(), (_, count) -> count == 1 ? null : count - 1);
        } finally {
            lock.unlock();
        }
    }
}
