package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real gateway on a free port over an engine in memory, and a client for it. */
final class Gateway implements AutoCloseable {
    static final String ADMIN = basic("admin", MemoryTenants.PASSWORD);
    private static final JsonMapper MAPPER = new JsonMapper();

    final GatewayMetrics metrics = new GatewayMetrics();
    final MemoryEngine engine = new MemoryEngine(metrics);
    final GatewayServer server;
    final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private Gateway(UnaryOperator<GatewaySettings> settings) {
        server = GatewayServer.start(settings.apply(GatewaySettings.on("127.0.0.1", 0)), engine, metrics);
    }

    static Gateway start() {
        return start(settings -> settings);
    }

    static Gateway start(UnaryOperator<GatewaySettings> settings) {
        return new Gateway(settings);
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** An Authorization header with a new token. */
    String token(String namespace, Role role) {
        return "Bearer " + engine.tenants.createToken(namespace, role + "-" + System.nanoTime(), role);
    }

    FunctionName echo(String address) {
        return engine.install(address, false, MemoryEngine::echo);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(30));
    }

    HttpRequest.Builder admin(String path) {
        return request(path).header("Authorization", ADMIN);
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        return send(request, BodyHandlers.ofString());
    }

    <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.send(request.build(), handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A management call with JSON. */
    HttpResponse<String> manage(String authorization, String method, String path, String json) {
        HttpRequest.Builder request = request(path)
                .header("Authorization", authorization)
                .method(method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json));
        return send(json.isEmpty() ? request : request.header("Content-Type", "application/json"));
    }

    HttpResponse<String> manage(String method, String path, String json) {
        return manage(ADMIN, method, path, json);
    }

    JsonNode get(String path) {
        return json(manage("GET", path, ""));
    }

    static JsonNode json(HttpResponse<String> response) {
        return MAPPER.readTree(response.body());
    }

    static JsonNode json(String text) {
        return MAPPER.readTree(text);
    }

    RawClient raw() throws IOException {
        return new RawClient(server.port());
    }

    @Override
    public void close() {
        server.close();
        engine.close();
        client.close();
    }
}
