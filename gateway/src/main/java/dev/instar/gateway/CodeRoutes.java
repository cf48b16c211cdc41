package dev.instar.gateway;

import dev.instar.engine.CodeStore;
import dev.instar.engine.Engine;
import dev.instar.engine.InvalidRequestException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Upload of code archives, which deploy requests then name by digest. */
final class CodeRoutes {
    private static final Set<String> TYPES = Set.of(
            Exchange.BINARY,
            "application/zip",
            "application/gzip",
            "application/x-gzip",
            "application/x-tar",
            "application/x-gtar");

    private final CodeStore code;
    private final Changes changes;
    private final GatewayLimits limits;

    CodeRoutes(Engine engine, Changes changes, GatewayLimits limits) {
        this.code = engine.code();
        this.changes = changes;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(new Route("PUT", "/system/code", Access.DEPLOYER, this::upload));
    }

    private void upload(Exchange exchange) throws IOException {
        String namespace = exchange.visibleNamespace();
        CodeStore.Format format = format(exchange.query("format", "tar.gz"));
        exchange.requireType(TYPES, "an archive");
        try (RequestBody body = RequestBody.of(exchange.request(), limits.archiveBytes())) {
            String digest = changes.make(
                    exchange.principal(), "code.upload", namespace, () -> code.store(namespace, format, body));
            exchange.json(201, Map.of("digest", digest));
        }
    }

    private static CodeStore.Format format(String word) {
        return switch (word) {
            case "tar.gz", "tgz" -> CodeStore.Format.TAR_GZ;
            case "zip" -> CodeStore.Format.ZIP;
            default -> throw new InvalidRequestException("query parameter \"format\" must be tar.gz or zip");
        };
    }
}
