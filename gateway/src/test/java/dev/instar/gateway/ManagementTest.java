package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class ManagementTest {
    private static final String DEPLOYMENT = """
            {"service":"hello","envProcess":"/bin/cat","labels":{"team":"a"},"envVars":{"K":"V"},
             "limits":{"memory":"64Mi","cpu":"500m"},"requests":{"memory":"1Mi"},"constraints":[],
             "readOnlyRootFilesystem":true}""";
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private int status(String method, String path, String json) {
        return gateway.manage(method, path, json).statusCode();
    }

    @Test
    void deploysAsFaasCliDoes() {
        assertThat(status("PUT", "/system/functions", DEPLOYMENT)).isEqualTo(404);
        assertThat(status("POST", "/system/functions", DEPLOYMENT)).isEqualTo(202);
        assertThat(status("PUT", "/system/functions", DEPLOYMENT)).isEqualTo(200);

        JsonNode listed = gateway.get("/system/functions");
        assertThat(listed.size()).isEqualTo(1);
        JsonNode function = listed.path(0);
        assertThat(function.path("name").asString()).isEqualTo("hello");
        assertThat(function.path("namespace").asString()).isEqualTo("default");
        assertThat(function.path("envProcess").asString()).isEqualTo("/bin/cat");
        assertThat(function.path("labels").path("team").asString()).isEqualTo("a");
        assertThat(function.path("envVars").path("K").asString()).isEqualTo("V");
        assertThat(function.path("limits").path("memory").asString()).isEqualTo("64Mi");
        assertThat(function.path("invocationCount").asInt()).isEqualTo(7);
        assertThat(function.path("createdAt").asString()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
        assertThat(function.has("usage")).isFalse();

        JsonNode described = gateway.get("/system/function/hello?usage=1");
        assertThat(described.path("usage").path("totalMemoryBytes").asLong()).isEqualTo(4000);
        assertThat(described.path("version").asInt()).isEqualTo(1);
    }

    @Test
    void keepsVersionsAndRollsBack() {
        status("POST", "/system/functions", DEPLOYMENT);
        status("POST", "/system/functions", DEPLOYMENT.replace("500m", "600m"));

        JsonNode versions = gateway.get("/system/function/hello/versions");
        assertThat(versions.size()).isEqualTo(2);
        assertThat(versions.path(0).path("version").asInt()).isEqualTo(2);
        assertThat(versions.path(0).path("digest").asString()).startsWith("sha256:");

        HttpResponse<String> rolledBack = gateway.manage("POST", "/system/rollback-function/hello", "{\"version\":1}");
        assertThat(rolledBack.statusCode()).isEqualTo(200);
        assertThat(Gateway.json(rolledBack).path("version").asInt()).isEqualTo(1);
        assertThat(gateway.get("/system/function/hello").path("version").asInt())
                .isEqualTo(1);
        assertThat(status("POST", "/system/rollback-function/hello", "{\"version\":9}"))
                .isEqualTo(404);
        assertThat(status("POST", "/system/rollback-function/hello", "{\"version\":-1}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/rollback-function/absent", "{}")).isEqualTo(404);
    }

    @Test
    void scalesAndRemoves() {
        status("POST", "/system/functions", DEPLOYMENT);
        assertThat(status("POST", "/system/scale-function/hello", "{\"serviceName\":\"hello\",\"replicas\":3}"))
                .isEqualTo(202);
        assertThat(gateway.get("/system/function/hello").path("replicas").asInt())
                .isEqualTo(3);
        assertThat(status("POST", "/system/scale-function/hello", "{\"serviceName\":\"other\",\"replicas\":3}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/scale-function/hello", "{\"replicas\":-1}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/scale-function/hello", "{}")).isEqualTo(400);
        assertThat(status("POST", "/system/scale-function/absent", "{\"replicas\":1}"))
                .isEqualTo(404);

        String removal = "{\"functionName\":\"hello\",\"namespace\":\"\"}";
        assertThat(status("DELETE", "/system/functions", removal)).isEqualTo(202);
        assertThat(status("DELETE", "/system/functions", removal)).isEqualTo(404);
        assertThat(gateway.get("/system/functions").size()).isZero();
    }

    @Test
    void aRemovedFunctionLosesItsSeries() {
        FunctionName name = gateway.echo("gone");
        gateway.send(gateway.admin("/function/gone"));
        assertThat(gateway.manage("GET", "/metrics", "").body()).contains(name.toString());

        status("DELETE", "/system/functions", "{\"functionName\":\"gone\"}");

        assertThat(gateway.manage("GET", "/metrics", "").body()).doesNotContain(name.toString());
    }

    @Test
    void takesCodeForDeployments() {
        HttpResponse<String> uploaded = gateway.send(gateway.admin("/system/code?format=zip")
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(new byte[] {1, 2, 3})));
        assertThat(uploaded.statusCode()).isEqualTo(201);
        String digest = Gateway.json(uploaded).path("digest").asString();

        String deployment = "{\"service\":\"coded\",\"runtime\":\"python\",\"image\":\"" + digest + "\"}";
        assertThat(status("POST", "/system/functions", deployment)).isEqualTo(202);
        assertThat(gateway.get("/system/function/coded").path("image").asString())
                .isEqualTo(digest);

        assertThat(status("PUT", "/system/code?format=rar", "")).isEqualTo(400);
        assertThat(status("PUT", "/system/code", "{}")).isEqualTo(415);
        String absent = "{\"service\":\"coded\",\"image\":\"sha256:" + "0".repeat(64) + "\"}";
        assertThat(gateway.manage("POST", "/system/functions", absent).body()).contains("/system/code");
    }

    @Test
    void refusesAnArchiveBeyondItsOwnLimit() {
        GatewayLimits limits = GatewayLimits.DEFAULT;
        GatewayLimits small = new GatewayLimits(
                10,
                1000,
                1000,
                1000,
                8192,
                16384,
                10,
                10,
                limits.idle(),
                limits.head(),
                limits.stall(),
                limits.grace());
        try (Gateway narrow = Gateway.start(settings -> settings.withLimits(small))) {
            assertThat(narrow.send(narrow.admin("/system/code").PUT(BodyPublishers.ofByteArray(new byte[1000])))
                            .statusCode())
                    .isEqualTo(201);
            assertThat(narrow.send(narrow.admin("/system/code").PUT(BodyPublishers.ofByteArray(new byte[1001])))
                            .statusCode())
                    .isEqualTo(413);
        }
    }

    @Test
    void keepsSecretsAndNeverShowsThem() {
        assertThat(status("POST", "/system/secrets", "{\"name\":\"key\",\"value\":\"v1\"}"))
                .isEqualTo(201);
        assertThat(status("POST", "/system/secrets", "{\"name\":\"key\",\"value\":\"v1\"}"))
                .isEqualTo(409);
        assertThat(status("PUT", "/system/secrets", "{\"name\":\"key\",\"rawValue\":\"AP8=\"}"))
                .isEqualTo(202);
        assertThat(gateway.engine.secrets.value("default", "key")).containsExactly(0, -1);
        assertThat(gateway.get("/system/secrets"))
                .isEqualTo(Gateway.json("[{\"name\":\"key\",\"namespace\":\"default\"}]"));
        assertThat(status("PUT", "/system/secrets", "{\"name\":\"key\",\"rawValue\":\"%\"}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/secrets", "{\"name\":\"key2\"}")).isEqualTo(400);
        assertThat(status("PUT", "/system/secrets", "{\"name\":\"no\",\"value\":\"v\"}"))
                .isEqualTo(404);
        assertThat(status("DELETE", "/system/secrets", "{\"name\":\"key\"}")).isEqualTo(202);
        assertThat(status("DELETE", "/system/secrets", "{\"name\":\"key\"}")).isEqualTo(404);
    }

    @Test
    void keepsNamespacesWithLabelsAndQuotas() {
        String created = "{\"name\":\"shop\",\"labels\":{\"tier\":\"1\"},\"quota\":{\"functions\":5}}";
        assertThat(status("POST", "/system/namespace/", created)).isEqualTo(201);
        assertThat(status("POST", "/system/namespace", created)).isEqualTo(409);
        assertThat(gateway.manage("GET", "/system/namespaces", "").body()).isEqualTo("[\"default\",\"shop\"]");

        assertThat(status("PUT", "/system/namespace/shop", "{\"quota\":{\"memoryBytes\":99}}"))
                .isEqualTo(200);
        JsonNode shop = gateway.get("/system/namespace/shop");
        assertThat(shop.path("labels").path("tier").asString()).isEqualTo("1");
        assertThat(shop.path("quota").path("functions").asInt()).isEqualTo(5);
        assertThat(shop.path("quota").path("memoryBytes").asInt()).isEqualTo(99);

        assertThat(status("PUT", "/system/namespace/shop", "{\"quota\":{\"functions\":-1}}"))
                .isEqualTo(400);
        assertThat(status("PUT", "/system/namespace/shop", "{\"name\":\"other\"}"))
                .isEqualTo(400);
        assertThat(status("PUT", "/system/namespace/absent", "{}")).isEqualTo(404);
        assertThat(status("POST", "/system/namespace", "{\"name\":\"Bad Name\"}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/namespace", "{\"name\":\"x\",\"annotations\":{\"a\":\"b\"}}"))
                .isEqualTo(400);
        assertThat(status("DELETE", "/system/namespace/shop", "")).isEqualTo(202);
        assertThat(status("GET", "/system/namespace/shop", "")).isEqualTo(404);
        assertThat(status("DELETE", "/system/namespace/default", "")).isEqualTo(409);
    }

    @Test
    void makesListsAndRevokesTokens() {
        HttpResponse<String> made = gateway.manage(
                "POST", "/system/tokens", "{\"name\":\"ci\",\"namespace\":\"default\",\"role\":\"Deployer\"}");
        assertThat(made.statusCode()).isEqualTo(201);
        String text = Gateway.json(made).path("token").asString();
        assertThat(gateway.manage("Bearer " + text, "GET", "/system/functions", "")
                        .statusCode())
                .isEqualTo(200);

        JsonNode listed = gateway.get("/system/tokens?namespace=default");
        assertThat(listed.path(0).path("name").asString()).isEqualTo("ci");
        assertThat(listed.path(0).path("role").asString()).isEqualTo("deployer");
        assertThat(listed.toString()).doesNotContain(text);
        assertThat(gateway.get("/system/tokens").size()).isZero();

        assertThat(status("POST", "/system/tokens", "{\"name\":\"x\",\"role\":\"king\"}"))
                .isEqualTo(400);
        assertThat(status("POST", "/system/tokens", "{\"name\":\"x\"}")).isEqualTo(400);
        assertThat(status("DELETE", "/system/tokens", "{\"name\":\"ci\",\"namespace\":\"default\"}"))
                .isEqualTo(202);
        assertThat(status("DELETE", "/system/tokens", "{\"name\":\"ci\",\"namespace\":\"default\"}"))
                .isEqualTo(404);
    }

    @Test
    void tellsAboutTheNode() {
        JsonNode info = gateway.get("/system/info");
        assertThat(info.path("provider").path("provider").asString()).isEqualTo("instar");
        assertThat(info.path("version").path("release").asString()).isEqualTo("0.1.0");
        assertThat(info.path("arch").asString()).isNotEmpty();
        assertThat(gateway.get("/system/status").path("sandboxesReady").asInt()).isEqualTo(5);
        assertThat(gateway.send(gateway.request("/healthz")).statusCode()).isEqualTo(200);
        HttpResponse<String> head = gateway.send(gateway.request("/healthz").method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
    }

    @Test
    void drainsAndResumes() {
        gateway.echo("echo");
        assertThat(gateway.send(gateway.request("/readyz")).statusCode()).isEqualTo(200);
        HttpResponse<String> drained = gateway.manage("POST", "/system/drain?timeout=5", "{\"timeoutSeconds\":5}");
        assertThat(drained.body()).isEqualTo("{\"drained\":true}");
        assertThat(gateway.send(gateway.request("/readyz")).statusCode()).isEqualTo(503);
        assertThat(gateway.send(gateway.request("/healthz")).statusCode()).isEqualTo(200);
        assertThat(gateway.send(gateway.admin("/function/echo")).statusCode()).isEqualTo(503);
        assertThat(status("POST", "/system/resume", "{}")).isEqualTo(200);
        assertThat(gateway.send(gateway.request("/readyz")).statusCode()).isEqualTo(200);
        assertThat(status("POST", "/system/drain?timeout=soon", "")).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST|/system/functions|{\"service\":\"x\",\"shape\":1}|shape",
                "POST|/system/functions|{\"service\":\"x\",\"limits\":{\"memory\":\"1Ki\"}}|memory",
                "POST|/system/functions|{\"service\":\"x\",\"limits\":{\"cpu\":\"lots\"}}|cpu",
                "POST|/system/functions|{\"service\":\"x\",\"scale\":{\"max\":0}}|max",
                "POST|/system/secrets|{\"name\":\"x\",\"valeu\":\"y\"}|valeu",
                "POST|/system/secrets|{\"name\":[1],\"value\":\"y\"}|name",
                "POST|/system/namespace|{\"name\":\"x\",\"quota\":{\"functions\":\"many\"}}|quota.functions",
                "POST|/system/tokens|{\"name\":\"x\",\"roles\":\"admin\"}|roles",
                "POST|/system/scale-function/x|{\"replicas\":1.5}|replicas",
                "POST|/system/scale-function/x|{\"replicas\":99999999999}|replicas",
                "POST|/system/rollback-function/x|{\"number\":1}|number",
                "DELETE|/system/functions|{\"service\":\"x\"}|service",
                "GET|/system/logs?name=x&tail=some||tail",
                "GET|/system/logs?name=x&since=yesterday||since",
                "GET|/system/logs?name=x&follow=maybe||follow",
                "GET|/system/logs||name",
                "GET|/system/audit?limit=0||limit",
                "GET|/system/function/Bad_Name||function name",
                "GET|/system/functions?namespace=Bad_Name||namespace"
            })
    void namesTheFieldThatIsWrong(String method, String path, String body, String named) {
        HttpResponse<String> response = gateway.manage(method, path, body == null ? "" : body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(Gateway.json(response).path("error").asString()).contains(named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "1", "{} {}", "{\"name\":\"a\",\"name\":\"b\"}", "\u0000", "<x/>"})
    void refusesWhatIsNotTheDocument(String body) {
        for (String path : List.of("/system/functions", "/system/secrets", "/system/namespace", "/system/tokens")) {
            HttpResponse<String> response = gateway.manage("POST", path, body);
            assertThat(response.statusCode()).as("%s %s", path, response.body()).isEqualTo(400);
        }
    }

    @Test
    void refusesDocumentsThatAreDeeplyNestedOrTooLarge() {
        assertThat(status("POST", "/system/namespace", "[".repeat(100_000))).isEqualTo(400);
        assertThat(status("POST", "/system/functions", "[".repeat(100_000))).isEqualTo(400);
        assertThat(status("POST", "/system/secrets", "\"" + "a".repeat(3 << 20) + "\""))
                .isEqualTo(413);
    }

    @Test
    void refusesOtherContent() {
        for (Route route : AccessTest.routes()) {
            boolean takesJson = List.of("POST", "PUT", "DELETE").contains(route.method())
                    && route.access() != Access.INVOKER
                    && !List.of("/system/drain", "/system/resume", "/system/metrics", "/danger/kill")
                            .contains(route.template())
                    && !route.template().contains("dead-letters")
                    && !route.template().endsWith("/rebuild")
                    && !(route.method().equals("DELETE") && route.template().contains("/namespace/"));
            if (!takesJson) {
                continue;
            }
            HttpResponse<String> response =
                    gateway.send(gateway.admin(route.template().replaceAll("\\{\\w+}", "x"))
                            .header("Content-Type", "text/xml")
                            .method(route.method(), BodyPublishers.ofString("{}")));
            assertThat(response.statusCode()).as("%s", route).isEqualTo(415);
        }
    }

    @Test
    void namesTheMethodsThereAre() {
        List<String> wrong = new ArrayList<>();
        for (Route route : AccessTest.routes()) {
            if (route.method().equals("*")) {
                continue;
            }
            String path = route.template().replaceAll("\\{\\w+}", "x");
            HttpResponse<String> response = gateway.send(gateway.admin(path).method("PATCH", BodyPublishers.noBody()));
            boolean right = response.statusCode() == 405
                    && List.of(response.headers().firstValue("Allow").orElse("").split(", "))
                            .contains(route.method());
            if (!right) {
                wrong.add(route + " " + response.statusCode());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(gateway.manage("GET", "/system", "").statusCode()).isEqualTo(404);
        assertThat(gateway.manage("GET", "/system/function/a/b/c", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("GET", "//system/functions", "").statusCode()).isEqualTo(404);
        assertThat(gateway.manage("GET", "/", "").statusCode()).isEqualTo(404);
    }
}
