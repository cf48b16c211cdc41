package dev.instar.cli.client;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The gateway of one node. Every method throws {@link CommandException} with a message for the user: status 3 if the
 * node cannot be reached or does not accept the credentials, 2 if it finds the request unacceptable, 1 otherwise.
 * Thread-safe.
 */
public final class GatewayClient implements AutoCloseable {
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);
    /** A deployment may compile and start a function before it is answered. */
    private static final Duration REPLY_PATIENCE = Duration.ofMinutes(5);

    private final URI gateway;
    private final Credentials credentials;
    private final HttpClient http;

    /**
     * A client; nothing is sent yet.
     *
     * @param gateway scheme, host and port
     * @param trusted certificate to trust besides the machine's own, in PEM
     */
    public GatewayClient(URI gateway, Credentials credentials, Optional<Path> trusted) {
        this.gateway = gateway;
        this.credentials = credentials;
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_PATIENCE);
        trusted.ifPresent(certificate -> builder.sslContext(TrustedCertificate.context(certificate)));
        this.http = builder.build();
    }

    /** The node's address. */
    public URI gateway() {
        return gateway;
    }

    /** What a GET answers. */
    public JsonNode get(String path, Map<String, String> query) {
        return json(send(request(path, query).GET(), BodyHandlers.ofString()));
    }

    /** What another method without a body answers; an empty reply is an empty object. */
    public JsonNode send(String method, String path, Map<String, String> query) {
        return json(send(request(path, query).method(method, BodyPublishers.noBody()), BodyHandlers.ofString()));
    }

    /** What another method answers; an empty reply is an empty object. */
    public JsonNode send(String method, String path, Map<String, String> query, JsonNode body) {
        HttpRequest.Builder request = request(path, query)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(Json.compact(body)));
        return json(send(request, BodyHandlers.ofString()));
    }

    /** Uploads a file with PUT. */
    public JsonNode upload(String path, Map<String, String> query, Path file) {
        try {
            HttpRequest.Builder request = request(path, query)
                    .header("Content-Type", "application/octet-stream")
                    .PUT(BodyPublishers.ofFile(file));
            return json(send(request, BodyHandlers.ofString()));
        } catch (FileNotFoundException e) {
            throw CommandException.badInput(file + " cannot be read");
        }
    }

    /** Passes on the lines of a reply as they come, until it ends. */
    public void lines(String path, Map<String, String> query, Consumer<String> sink) {
        HttpRequest.Builder request = request(path, query).GET();
        HttpResponse<InputStream> response = exchange(request, BodyHandlers.ofInputStream());
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            if (response.statusCode() >= 300) {
                throw GatewayError.of(
                        response.statusCode(), String.join("\n", lines.lines().toList()), gateway);
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                sink.accept(line);
            }
        } catch (IOException e) {
            throw new CommandException(ExitStatus.FAILED, "the node at " + gateway + " broke off its reply", e);
        }
    }

    /**
     * Calls a function and returns whatever it answers. The caller closes the body.
     *
     * @param headers may replace those the client sets itself
     */
    public HttpResponse<InputStream> call(
            String method, String path, Map<String, String> headers, BodyPublisher body, Duration patience) {
        HttpRequest.Builder request;
        try {
            request = request(path, Map.of()).timeout(patience).method(method, body);
            headers.forEach(request::setHeader);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "not a request that can be sent: " + e.getMessage(), e);
        }
        return exchange(request, BodyHandlers.ofInputStream());
    }

    private HttpRequest.Builder request(String path, Map<String, String> query) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.resolve(path + UriText.query(query)))
                .timeout(REPLY_PATIENCE);
        if (!credentials.authorization().isEmpty()) {
            request.header("Authorization", credentials.authorization());
        }
        return request;
    }

    private HttpResponse<String> send(HttpRequest.Builder request, HttpResponse.BodyHandler<String> handler) {
        HttpResponse<String> response = exchange(request, handler);
        if (response.statusCode() >= 300) {
            throw GatewayError.of(response.statusCode(), response.body(), gateway);
        }
        return response;
    }

    private <T> HttpResponse<T> exchange(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request.build(), handler);
        } catch (SSLException e) {
            throw new CommandException(
                    ExitStatus.NO_ACCESS,
                    "the certificate of " + gateway + " is not trusted (" + e.getMessage()
                            + "): name it with --ca-cert FILE",
                    e);
        } catch (HttpConnectTimeoutException | ConnectException e) {
            throw unreachable(e);
        } catch (HttpTimeoutException e) {
            throw new CommandException(ExitStatus.FAILED, "the node at " + gateway + " did not answer in time", e);
        } catch (IOException e) {
            throw new CommandException(
                    ExitStatus.FAILED, "the connection to " + gateway + " broke: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(ExitStatus.FAILED, "interrupted", e);
        }
    }

    private CommandException unreachable(IOException cause) {
        boolean unknown = cause.getCause() instanceof UnresolvedAddressException
                || (cause.getCause() != null && cause.getCause().getCause() instanceof UnresolvedAddressException);
        String reason = unknown
                ? "its host name is not known"
                : cause instanceof HttpConnectTimeoutException ? "it does not answer" : "nothing listens there";
        return new CommandException(
                ExitStatus.NO_ACCESS,
                "cannot reach a node at " + gateway + ": " + reason
                        + ". Start one with `instar up`, or name another with --gateway URL or INSTAR_GATEWAY",
                cause);
    }

    private JsonNode json(HttpResponse<String> response) {
        if (response.body().isBlank()) {
            return Json.object();
        }
        try {
            return Json.parse(response.body());
        } catch (JacksonException e) {
            throw new CommandException(
                    ExitStatus.FAILED, gateway + " does not answer like a node of Instar: is the address right?", e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
