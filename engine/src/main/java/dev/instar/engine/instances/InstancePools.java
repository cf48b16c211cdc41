package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.NotFoundException;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The pools of all deployed functions. Thread-safe. */
final class InstancePools implements Admission.Eviction {
    private final ConcurrentMap<FunctionName, InstancePool> pools = new ConcurrentHashMap<>();

    /** @throws NotFoundException if the function is not deployed */
    InstancePool get(FunctionName function) {
        InstancePool pool = pools.get(function);
        if (pool == null) {
            throw new NotFoundException("function " + function + " is not deployed");
        }
        return pool;
    }

    @Nullable
    InstancePool find(FunctionName function) {
        return pools.get(function);
    }

    void add(InstancePool pool) {
        pools.put(pool.function(), pool);
    }

    @Nullable
    InstancePool remove(FunctionName function) {
        return pools.remove(function);
    }

    Collection<InstancePool> all() {
        return pools.values();
    }

    @Override
    public boolean evictOne(@Nullable String namespace) {
        return evictOne(namespace, true) || evictOne(namespace, false);
    }

    private boolean evictOne(@Nullable String namespace, boolean sparing) {
        while (true) {
            Candidate oldest = oldest(namespace, sparing);
            if (oldest == null) {
                return false;
            }
            // It may have been given a call meanwhile; then the next oldest is looked for.
            if (oldest.pool().endIdle(oldest.instance(), EndCause.EVICTED)) {
                oldest.instance().awaitClosed();
                return true;
            }
        }
    }

    private @Nullable Candidate oldest(@Nullable String namespace, boolean sparing) {
        Candidate oldest = null;
        for (InstancePool pool : pools.values()) {
            if (namespace == null || Objects.equals(namespace, pool.function().namespace())) {
                Instance instance = pool.leastRecentlyUsed(sparing);
                if (instance != null
                        && (oldest == null
                                || instance.idleSince() < oldest.instance().idleSince())) {
                    oldest = new Candidate(pool, instance);
                }
            }
        }
        return oldest;
    }

    private record Candidate(InstancePool pool, Instance instance) {}
}
