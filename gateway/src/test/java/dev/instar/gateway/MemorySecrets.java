package dev.instar.gateway;

import dev.instar.engine.ConflictException;
import dev.instar.engine.SecretService;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Secrets in memory. */
final class MemorySecrets implements SecretService {
    private final Map<String, ConcurrentSkipListMap<String, byte[]>> values = new ConcurrentHashMap<>();
    private final MemoryTenants tenants;

    MemorySecrets(MemoryTenants tenants) {
        this.tenants = tenants;
    }

    private ConcurrentSkipListMap<String, byte[]> of(String namespace) {
        tenants.namespace(namespace);
        return values.computeIfAbsent(namespace, name -> new ConcurrentSkipListMap<>());
    }

    byte[] value(String namespace, String name) {
        return Objects.requireNonNull(of(namespace).get(name));
    }

    @Override
    public List<String> list(String namespace) {
        return List.copyOf(of(namespace).keySet());
    }

    @Override
    public void create(String namespace, String name, byte[] value) {
        if (of(namespace).putIfAbsent(name, value) != null) {
            throw new ConflictException("secret " + name + " exists");
        }
    }

    @Override
    public void update(String namespace, String name, byte[] value) {
        if (of(namespace).replace(name, value) == null) {
            throw MemoryEngine.absent("secret " + name);
        }
    }

    @Override
    public void delete(String namespace, String name) {
        if (of(namespace).remove(name) == null) {
            throw MemoryEngine.absent("secret " + name);
        }
    }
}
