package dev.instar.cli.recovery;

import dev.instar.cli.Json;
import dev.instar.cli.client.Credentials;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Requests to one run of a node, which may end at any moment. Thread-safe. */
final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final URI gateway;
    private final Credentials administrator;
    private final HttpClient http;

    Client(URI gateway, Credentials administrator) {
        this.gateway = gateway;
        this.administrator = administrator;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
    }

    /** What the node answered, as a whole. */
    record Reply(int status, String body, Function<String, String> header) {
        /** Whether the node accepted what was asked of it; it may also be too busy, but must not fail. */
        boolean accepted() {
            if (status >= 200 && status < 300) {
                return true;
            }
            if (status == 429 || status == 503) {
                return false;
            }
            throw new AssertionError("the node answered " + status + ": " + body);
        }

        JsonNode json() {
            return Json.parse(body);
        }
    }

    Reply get(String path) throws NodeGoneException {
        return send("GET", path, new byte[0], Map.of());
    }

    Reply send(String method, String path, Map<String, ?> document) throws NodeGoneException {
        byte[] body = Json.compact(Json.tree(document)).getBytes(StandardCharsets.UTF_8);
        return send(method, path, body, Map.of("Content-Type", "application/json"));
    }

    Reply send(String method, String path, byte[] body, Map<String, String> headers) throws NodeGoneException {
        return send(administrator, method, path, body, headers);
    }

    /** Calls a function, again and again while the node is too busy. */
    Reply call(String function, byte[] body) throws NodeGoneException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Reply reply = send("POST", "/function/" + function, body, Map.of());
        while (!reply.accepted()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(function + " was refused for " + PATIENCE + ": " + reply.body());
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            reply = send("POST", "/function/" + function, body, Map.of());
        }
        return reply;
    }

    Reply send(Credentials caller, String method, String path, byte[] body, Map<String, String> headers)
            throws NodeGoneException {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.resolve(path))
                .timeout(PATIENCE)
                .header("Authorization", caller.authorization())
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            return new Reply(
                    response.statusCode(),
                    response.body(),
                    name -> response.headers().firstValue(name).orElse(""));
        } catch (IOException e) {
            throw new NodeGoneException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeGoneException(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
