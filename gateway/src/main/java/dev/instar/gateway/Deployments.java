package dev.instar.gateway;

import dev.instar.engine.CodeStore;
import dev.instar.engine.Engine;
import dev.instar.engine.FunctionService;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import dev.instar.engine.deploy.DeployRequest;
import dev.instar.engine.deploy.RuntimeRecognition;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;

/** Makes a function's version current that a request describes. Thread-safe. */
final class Deployments {
    private final FunctionService functions;
    private final CodeStore code;
    private final Changes changes;

    Deployments(Engine engine, Changes changes) {
        this.functions = engine.functions();
        this.code = engine.code();
        this.changes = changes;
    }

    /**
     * Deploys.
     *
     * @param document the request's body, or what stands for it
     * @param existing whether the function must be there already
     * @throws NotFoundException if it must and is not
     */
    FunctionVersion deploy(Exchange exchange, byte[] document, boolean existing) throws IOException {
        Principal principal = exchange.principal();
        FunctionSpec spec =
                DeployRequest.parse(withNamespace(document, principal), digest -> recognise(principal, digest));
        exchange.visible(spec.name().namespace());
        return changes.make(principal, "function.deploy", spec.name().toString(), () -> {
            if (existing) {
                functions.describe(spec.name());
            }
            return functions.deploy(spec);
        });
    }

    /** A token's own namespace is meant where a request names none. */
    private static byte[] withNamespace(byte[] document, Principal principal) {
        return principal.namespace().isEmpty()
                ? document
                : Json.withDefault(document, "namespace", principal.namespace());
    }

    private RuntimeKind recognise(Principal principal, String digest) {
        if (!principal.namespace().isEmpty() && !code.contains(principal.namespace(), digest)) {
            throw new InvalidRequestException(
                    "image: there is no code " + digest + "; upload it to /system/code first");
        }
        try {
            return RuntimeRecognition.of(code.directory(digest));
        } catch (NotFoundException _) {
            throw new InvalidRequestException(
                    "image: there is no code " + digest + "; upload it to /system/code first");
        }
    }
}
