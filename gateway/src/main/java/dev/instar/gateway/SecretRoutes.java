package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.SecretService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Secrets of namespaces; their values go in and never come out. */
final class SecretRoutes {
    private static final String SECRETS = "/system/secrets";

    private final SecretService secrets;
    private final Changes changes;

    SecretRoutes(Engine engine, Changes changes) {
        this.secrets = engine.secrets();
        this.changes = changes;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", SECRETS, Access.VIEWER, this::list),
                new Route("POST", SECRETS, Access.DEPLOYER, this::create),
                new Route("PUT", SECRETS, Access.DEPLOYER, this::update),
                new Route("DELETE", SECRETS, Access.DEPLOYER, this::delete));
    }

    /** The body of a change; the value as text, or any bytes in base64. */
    record Body(
            @Nullable String name,
            @Nullable String namespace,
            @Nullable String value,
            @Nullable String rawValue) {
        byte[] bytes() {
            if (rawValue != null && !rawValue.isEmpty()) {
                try {
                    return Base64.getDecoder().decode(rawValue);
                } catch (IllegalArgumentException _) {
                    throw new InvalidRequestException("field \"rawValue\" is not base64");
                }
            }
            return Json.required("value", value).getBytes(StandardCharsets.UTF_8);
        }
    }

    private void list(Exchange exchange) throws IOException {
        String namespace = exchange.visibleNamespace();
        exchange.json(
                200,
                secrets.list(namespace).stream()
                        .map(name -> Map.of("name", name, "namespace", namespace))
                        .toList());
    }

    private void create(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String namespace = namespace(exchange, body);
        String name = Json.required("name", body.name());
        byte[] value = body.bytes();
        changes.run(
                exchange.principal(),
                "secret.create",
                name + "." + namespace,
                () -> secrets.create(namespace, name, value));
        exchange.status(201);
    }

    private void update(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String namespace = namespace(exchange, body);
        String name = Json.required("name", body.name());
        byte[] value = body.bytes();
        changes.run(
                exchange.principal(),
                "secret.update",
                name + "." + namespace,
                () -> secrets.update(namespace, name, value));
        exchange.status(202);
    }

    private void delete(Exchange exchange) throws IOException {
        Body body = exchange.document(Body.class);
        String namespace = namespace(exchange, body);
        String name = Json.required("name", body.name());
        changes.run(
                exchange.principal(), "secret.delete", name + "." + namespace, () -> secrets.delete(namespace, name));
        exchange.status(202);
    }

    private static String namespace(Exchange exchange, Body body) {
        return exchange.visible(
                exchange.namespaceOr(body.namespace() == null ? exchange.query("namespace", "") : body.namespace()));
    }
}
