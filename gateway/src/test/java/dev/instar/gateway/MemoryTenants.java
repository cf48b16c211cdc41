package dev.instar.gateway;

import dev.instar.engine.ConflictException;
import dev.instar.engine.Principal;
import dev.instar.engine.Quota;
import dev.instar.engine.Role;
import dev.instar.engine.TenantService;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Namespaces and tokens in memory; the password is {@code admin:secret}. */
final class MemoryTenants implements TenantService {
    static final String PASSWORD = "secret";

    final AtomicInteger verifications = new AtomicInteger();
    private final ConcurrentSkipListMap<String, Namespace> namespaces = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<String, Token> tokens = new ConcurrentSkipListMap<>();
    private final AtomicInteger count = new AtomicInteger();

    MemoryTenants() {
        create(new Namespace("default", Map.of(), Quota.UNBOUNDED));
    }

    @Override
    public List<String> namespaces() {
        return List.copyOf(namespaces.keySet());
    }

    @Override
    public Namespace namespace(String name) {
        Namespace namespace = namespaces.get(name);
        if (namespace == null) {
            throw MemoryEngine.absent("namespace \"" + name + "\"");
        }
        return namespace;
    }

    @Override
    public void create(Namespace namespace) {
        if (namespaces.putIfAbsent(namespace.name(), namespace) != null) {
            throw new ConflictException("namespace " + namespace.name() + " exists");
        }
    }

    @Override
    public void update(Namespace namespace) {
        namespace(namespace.name());
        namespaces.put(namespace.name(), namespace);
    }

    @Override
    public void delete(String name) {
        namespace(name);
        if (name.equals("default")) {
            throw new ConflictException("the default namespace stays");
        }
        namespaces.remove(name);
        tokens.values().removeIf(token -> token.namespace().equals(name));
    }

    @Override
    public String createToken(String namespace, String name, Role role) {
        if (!namespace.isEmpty()) {
            namespace(namespace);
        }
        if (tokens(namespace).stream().anyMatch(token -> token.name().equals(name))) {
            throw new ConflictException("token " + name + " exists");
        }
        String text = "token-" + count.incrementAndGet();
        tokens.put(text, new Token(name, namespace, role, Instant.now()));
        return text;
    }

    @Override
    public List<Token> tokens(String namespace) {
        return tokens.values().stream()
                .filter(token -> token.namespace().equals(namespace))
                .toList();
    }

    @Override
    public void revokeToken(String namespace, String name) {
        boolean found = tokens.values()
                .removeIf(token ->
                        token.namespace().equals(namespace) && token.name().equals(name));
        if (!found) {
            throw MemoryEngine.absent("token " + name);
        }
    }

    @Override
    public Optional<Principal> authenticateToken(String token) {
        verifications.incrementAndGet();
        return Optional.ofNullable(tokens.get(token))
                .map(found -> new Principal(found.name(), found.namespace(), found.role()));
    }

    @Override
    public Optional<Principal> authenticatePassword(String user, String password) {
        verifications.incrementAndGet();
        return user.equals("admin") && password.equals(PASSWORD)
                ? Optional.of(new Principal("admin", "", Role.ADMIN))
                : Optional.empty();
    }
}
