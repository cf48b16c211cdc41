package dev.instar.cli.client;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.Json;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
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
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
    /** An image is answered when all of it has been received and checked. */
    private static final Duration IMAGE_PATIENCE = Duration.ofHours(1);

    private static final int COPY_BUFFER = 256 << 10;

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
        return upload(request(path, query), file);
    }

    /** Uploads a file of gigabytes with PUT. */
    public JsonNode uploadImage(String path, Map<String, String> query, Map<String, String> headers, Path file) {
        HttpRequest.Builder request = request(path, query).timeout(IMAGE_PATIENCE);
        headers.forEach(request::setHeader);
        return upload(request, file);
    }

    private JsonNode upload(HttpRequest.Builder request, Path file) {
        try {
            request.header("Content-Type", "application/octet-stream").PUT(BodyPublishers.ofFile(file));
            return json(send(request, BodyHandlers.ofString()));
        } catch (FileNotFoundException e) {
            throw CommandException.badInput(file + " cannot be read");
        }
    }

    /**
     * Writes what a GET answers into a new file that only its owner can read. The file appears when it is whole.
     *
     * @return its length in bytes
     */
    public long download(String path, Map<String, String> query, Map<String, String> headers, Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw CommandException.badInput(file + " exists already");
        }
        Path draft = draft(file);
        try {
            HttpRequest.Builder request = request(path, query).GET();
            headers.forEach(request::setHeader);
            HttpResponse<InputStream> response = exchange(request, BodyHandlers.ofInputStream());
            try (InputStream body = response.body();
                    OutputStream out = Files.newOutputStream(draft)) {
                if (response.statusCode() >= 300) {
                    String message = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                    throw GatewayError.of(response.statusCode(), message, gateway);
                }
                copy(body, out, file);
            }
            long length = Files.size(draft);
            Files.move(draft, file);
            return length;
        } catch (IOException e) {
            throw unwritable(file, e);
        } finally {
            deleteDraft(draft);
        }
    }

    /** Beside the file, so that it can be renamed; temporary files are their owner's alone. */
    private static Path draft(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        try {
            return Files.createTempFile(parent == null ? file.toAbsolutePath() : parent, ".instar-", ".part");
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static void deleteDraft(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            throw unwritable(draft, e);
        }
    }

    private void copy(InputStream in, OutputStream out, Path file) {
        byte[] buffer = new byte[COPY_BUFFER];
        while (true) {
            int count;
            try {
                count = in.read(buffer);
            } catch (IOException e) {
                throw brokeOff(e);
            }
            if (count < 0) {
                return;
            }
            try {
                out.write(buffer, 0, count);
            } catch (IOException e) {
                throw unwritable(file, e);
            }
        }
    }

    private static CommandException unwritable(Path file, IOException e) {
        return new CommandException(ExitStatus.FAILED, file + " cannot be written: " + e, e);
    }

    private CommandException brokeOff(IOException e) {
        return new CommandException(ExitStatus.FAILED, "the node at " + gateway + " broke off its reply", e);
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
            throw brokeOff(e);
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
