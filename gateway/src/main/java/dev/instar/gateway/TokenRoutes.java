package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.Role;
import dev.instar.engine.TenantService;
import dev.instar.engine.TenantService.Token;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens of namespaces, and of the node where no namespace is named by one who administers it. */
final class TokenRoutes {
    private static final String TOKENS = "/system/tokens";

    private final TenantService tenants;
    private final Authenticator authenticator;
    private final Changes changes;

    TokenRoutes(Engine engine, Authenticator authenticator, Changes changes) {
        this.tenants = engine.tenants();
        this.authenticator = authenticator;
        this.changes = changes;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", TOKENS, Access.ADMIN, this::list),
                new Route("POST", TOKENS, Access.ADMIN, this::create),
                new Route("DELETE", TOKENS, Access.ADMIN, this::revoke));
    }

    /** The body of a change; the role only when creating. */
    record Body(
            @Nullable String name,
            @Nullable String namespace,
            @Nullable String role) {
        Role parsedRole() {
            String word = Json.required("role", role);
            for (Role each : Role.values()) {
                if (each.name().equalsIgnoreCase(word)) {
                    return each;
                }
            }
            throw new InvalidRequestException("field \"role\" must be invoker, viewer, deployer or admin");
        }
    }

    private void list(Exchange exchange) throws IOException {
        String namespace = namespace(exchange, exchange.query("namespace", ""));
        exchange.json(
                200, tenants.tokens(namespace).stream().map(TokenRoutes::view).toList());
    }

    private static Map<String, Object> view(Token token) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", token.name());
        view.put("namespace", token.namespace());
        view.put("role", word(token.role()));
        view.put("createdAt", token.createdAt().toString());
        return view;
    }

    private static String word(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    private void create(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String name = Json.required("name", body.name());
        Role role = body.parsedRole();
        String namespace = namespace(exchange, body.namespace());
        String text = changes.make(
                exchange.principal(),
                "token.create",
                target(name, namespace) + " " + word(role),
                () -> tenants.createToken(namespace, name, role));
        exchange.json(201, Map.of("name", name, "namespace", namespace, "role", word(role), "token", text));
    }

    private void revoke(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String name = Json.required("name", body.name());
        String namespace = namespace(exchange, body.namespace());
        changes.run(
                exchange.principal(),
                "token.revoke",
                target(name, namespace),
                () -> tenants.revokeToken(namespace, name));
        authenticator.forget();
        exchange.status(202);
    }

    private static String target(String name, String namespace) {
        return namespace.isEmpty() ? name : name + "." + namespace;
    }

    /** Empty, for the whole node, only for one who administers it. */
    private static String namespace(Exchange exchange, @Nullable String named) {
        if (named != null && !named.isEmpty()) {
            return exchange.visible(named);
        }
        return exchange.principal().namespace();
    }
}
