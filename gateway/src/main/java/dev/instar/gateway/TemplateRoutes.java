package dev.instar.gateway;

import dev.instar.engine.Engine;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.TemplateService;
import dev.instar.engine.TemplateStatus;
import dev.instar.engine.TenantService;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Memory templates of functions: how they stand, and their images on the way to and from other nodes. */
final class TemplateRoutes {
    private static final String ONE = "/system/template/{name}";
    private static final String IMAGE = ONE + "/image";
    /** Not a query parameter: those end up in logs of proxies. */
    private static final HeaderName PASSPHRASE = HeaderNames.create("X-Instar-Passphrase");

    private static final Header BINARY = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Exchange.BINARY);
    private static final Header NO_STORE = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");
    private static final int BUFFER = 64 << 10;

    private final TemplateService templates;
    private final TenantService tenants;
    private final Changes changes;
    private final GatewayLimits limits;

    TemplateRoutes(Engine engine, Changes changes, GatewayLimits limits) {
        this.templates = engine.templates();
        this.tenants = engine.tenants();
        this.changes = changes;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/system/templates", Access.VIEWER, this::list),
                new Route("GET", ONE, Access.VIEWER, this::describe),
                new Route("POST", ONE + "/rebuild", Access.DEPLOYER, this::rebuild),
                new Route("GET", IMAGE, Access.ADMIN, this::export),
                new Route("PUT", IMAGE, Access.ADMIN, this::importImage));
    }

    private void list(Exchange exchange) throws IOException {
        String namespace = exchange.visibleNamespace();
        // A namespace that is not there has no functions either, which would look like an answer.
        tenants.namespace(namespace);
        exchange.json(
                200, templates.list(namespace).stream().map(TemplateView::of).toList());
    }

    private void describe(Exchange exchange) throws IOException {
        exchange.json(200, TemplateView.of(templates.describe(exchange.pathFunction())));
    }

    private void rebuild(Exchange exchange) throws IOException {
        FunctionName function = exchange.pathFunction();
        changes.run(exchange.principal(), "template.rebuild", function.toString(), () -> templates.rebuild(function));
        exchange.status(202);
    }

    private void export(Exchange exchange) throws IOException {
        FunctionName function = exchange.pathFunction();
        boolean withSecrets = isYes(exchange, "with-secrets");
        char[] passphrase = passphrase(exchange);
        try {
            // Closed on success alone: an error before the first full buffer is still answered as one.
            OutputStream out = new BufferedOutputStream(new Download(exchange), BUFFER);
            changes.make(exchange.principal(), "template.export", function.toString(), () -> {
                templates.export(function, out, passphrase, withSecrets);
                out.close();
                return true;
            });
        } finally {
            forget(passphrase);
        }
    }

    private void importImage(Exchange exchange) throws IOException {
        FunctionName function = exchange.pathFunction();
        exchange.requireType(Set.of(Exchange.BINARY), "an image");
        char[] passphrase = passphrase(exchange);
        try (RequestBody body = RequestBody.of(exchange.request(), limits.imageBytes())) {
            TemplateStatus status = changes.make(
                    exchange.principal(),
                    "template.import",
                    function.toString(),
                    () -> templates.importImage(function, body, passphrase));
            exchange.json(200, TemplateView.of(status));
        } finally {
            forget(passphrase);
        }
    }

    private static boolean isYes(Exchange exchange, String parameter) {
        return switch (exchange.query(parameter, "no")) {
            case "yes" -> true;
            case "no" -> false;
            default -> throw new InvalidRequestException("query parameter \"" + parameter + "\" must be yes or no");
        };
    }

    /** Base64 of UTF-8, because a header cannot hold any character; null if there is none. Messages never show it. */
    private static char @Nullable [] passphrase(Exchange exchange) {
        if (!exchange.request().headers().contains(PASSPHRASE)) {
            return null;
        }
        byte[] bytes = {};
        try {
            bytes = Base64.getDecoder()
                    .decode(exchange.request().headers().get(PASSPHRASE).get().strip());
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            char[] passphrase = new char[text.remaining()];
            text.get(passphrase);
            Arrays.fill(text.array(), '\0');
            if (passphrase.length > 0) {
                return passphrase;
            }
        } catch (IllegalArgumentException | CharacterCodingException _) {
            // answered below, like an empty one
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
        throw new InvalidRequestException("header " + PASSPHRASE.defaultCase()
                + " must be the base64 form of a passphrase in UTF-8, which must not be empty");
    }

    private static void forget(char @Nullable [] passphrase) {
        if (passphrase != null) {
            Arrays.fill(passphrase, '\0');
        }
    }

    /** An image on its way to the client. The reply begins with the first byte, so that errors before it are told. */
    private static final class Download extends OutputStream {
        private final Exchange exchange;
        private @Nullable ReplyBody body;

        Download(Exchange exchange) {
            this.exchange = exchange;
        }

        private ReplyBody begun() {
            ReplyBody known = body;
            if (known != null) {
                return known;
            }
            exchange.response().status(Status.OK_200);
            exchange.response().header(BINARY);
            exchange.response().header(NO_STORE);
            ReplyBody made = ReplyBody.of(exchange.request(), exchange.response(), -1);
            body = made;
            return made;
        }

        @Override
        public void write(int value) throws IOException {
            begun().write(value);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            begun().write(bytes, offset, count);
        }

        @Override
        public void close() throws IOException {
            begun().close();
        }
    }
}
