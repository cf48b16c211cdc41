package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.NotFoundException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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

    /** All at once: awaiting the end of one takes longer than most starts. */
    @Override
    public boolean evict(@Nullable String namespace, int count, EndCause cause) {
        List<Instance> ended = new ArrayList<>();
        while (ended.size() < count) {
            Candidate oldest = oldest(namespace, true);
            if (oldest == null) {
                oldest = oldest(namespace, false);
            }
            if (oldest == null) {
                break;
            }
            // It may have been given a call meanwhile; then the next oldest is looked for.
            if (oldest.pool().endIdle(oldest.instance(), cause)) {
                ended.add(oldest.instance());
            }
        }
        ended.forEach(Instance::awaitGone);
        return !ended.isEmpty();
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
