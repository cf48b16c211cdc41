package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionStatus;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Functions in memory. */
final class MemoryFunctions implements FunctionService {
    private static final class Entry {
        final List<FunctionVersion> versions = new CopyOnWriteArrayList<>();
        volatile int number;
        volatile int replicas;

        FunctionVersion current() {
            return versions.get(number - 1);
        }
    }

    private final MemoryTenants tenants;
    private final ConcurrentSkipListMap<FunctionName, Entry> entries = new ConcurrentSkipListMap<>();

    MemoryFunctions(MemoryTenants tenants) {
        this.tenants = tenants;
    }

    @Override
    public synchronized FunctionVersion deploy(FunctionSpec spec) {
        tenants.namespace(spec.name().namespace());
        Entry entry = entries.computeIfAbsent(spec.name(), name -> new Entry());
        for (FunctionVersion version : entry.versions) {
            if (version.spec().equals(spec)) {
                entry.number = version.number();
                return version;
            }
        }
        int number = entry.versions.size() + 1;
        entry.versions.add(new FunctionVersion(number, "sha256:" + number, spec, Instant.now()));
        entry.number = number;
        return entry.current();
    }

    @Override
    public List<FunctionStatus> list(String namespace) {
        tenants.namespace(namespace);
        return entries.entrySet().stream()
                .filter(each -> each.getKey().namespace().equals(namespace))
                .map(each -> status(each.getValue()))
                .toList();
    }

    private Entry entry(FunctionName name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw MemoryEngine.absent("function \"" + name + "\"");
        }
        return entry;
    }

    private static FunctionStatus status(Entry entry) {
        List<Integer> numbers =
                entry.versions.stream().map(FunctionVersion::number).toList();
        return new FunctionStatus(entry.current(), numbers, entry.replicas, 0, 4, 7, entry.replicas, 1000, 3000);
    }

    @Override
    public FunctionStatus describe(FunctionName name) {
        return status(entry(name));
    }

    @Override
    public List<FunctionVersion> versions(FunctionName name) {
        return entry(name).versions.reversed();
    }

    @Override
    public FunctionVersion rollback(FunctionName name, int number) {
        Entry entry = entry(name);
        int wanted = number == 0 ? entry.number - 1 : number;
        if (wanted < 1 || wanted > entry.versions.size()) {
            throw MemoryEngine.absent("version " + wanted + " of " + name);
        }
        entry.number = wanted;
        return entry.current();
    }

    @Override
    public void scale(FunctionName name, int replicas) {
        if (replicas > 64) {
            throw new InvalidRequestException("at most 64 replicas");
        }
        entry(name).replicas = replicas;
    }

    @Override
    public int endInstances(FunctionName name) {
        Entry entry = entry(name);
        int ended = entry.replicas;
        entry.replicas = 0;
        return ended;
    }

    @Override
    public void remove(FunctionName name) {
        entry(name);
        entries.remove(name);
    }
}
