package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.instar.engine.AuditLog;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Quota;
import dev.instar.engine.Role;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import dev.instar.engine.TenantService.Namespace;
import dev.instar.runtime.RuntimeKind;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class TrenvRoutesTest {
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
        gateway.engine.tenants.create(new Namespace("shop", Map.of(), Quota.UNBOUNDED));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private Map<String, JsonNode> metrics(String authorization) {
        HttpResponse<String> response = gateway.manage(authorization, "GET", "/system/metrics", "");
        assertThat(response.headers().firstValue("Content-Type")).contains("application/x-ndjson");
        Map<String, JsonNode> byLabel = new LinkedHashMap<>();
        response.body().lines().map(Gateway::json).forEach(line -> {
            assertThat(line.propertyNames()).containsExactly("label", "data");
            byLabel.put(line.path("label").asString(), line.path("data"));
        });
        return byLabel;
    }

    private void ended(String function, StartKind start, long queue, long started, long handler, long total) {
        ServedBy servedBy = new ServedBy(start, "i-1", 1, queue, started, Map.of(), handler);
        gateway.metrics.invocationEnded(FunctionName.parse(function), 200, start, servedBy, total);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "DELETE"})
    void invokeCallsAsFunctionDoes(String method) {
        gateway.engine.install("told", false, (call, reply) -> {
            byte[] told = (call.method() + " " + call.path() + "?" + call.query()).getBytes(StandardCharsets.UTF_8);
            try (OutputStream out = reply.begin(200, List.of(), MemoryEngine.SERVED, told.length)) {
                out.write(told);
            }
        });
        HttpResponse<String> response =
                gateway.send(gateway.admin("/invoke/told/a/b?c=1").method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(method + " /a/b?c=1");
        assertThat(response.headers().firstValue("X-Instar-Start")).contains("warm");
    }

    @Test
    void invokeNeedsCredentialsUnlessTheFunctionIsPublic() {
        gateway.echo("closed");
        gateway.engine.install("open", true, MemoryEngine::echo);

        assertThat(gateway.send(gateway.request("/invoke/closed")).statusCode()).isEqualTo(401);
        assertThat(gateway.send(gateway.request("/invoke/open")).statusCode()).isEqualTo(200);
        assertThat(gateway.manage(gateway.token("shop", Role.ADMIN), "GET", "/invoke/closed", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("GET", "/invoke/absent", "").statusCode()).isEqualTo(404);
    }

    @Test
    void callsAppearByTheLabelsOfTheWayTheyWereServed() {
        ended("a", StartKind.TEMPLATE, 500_000, 2_000_000, 3_000_000, 6_250_000);
        ended("a", StartKind.TEMPLATE, 0, 1_000_000, 1_000_000, 2_000_000);
        ended("b.shop", StartKind.COLD, 0, 80_000_000, 1_000_000, 81_500_000);
        ended("b.shop", StartKind.FORK, 0, 10_000_000, 1_000_000, 11_500_000);
        ended("a", StartKind.WARM, 4_000, 0, 900_000, 1_000_000);

        Map<String, JsonNode> metrics = metrics(Gateway.ADMIN);

        assertThat(metrics.keySet())
                .containsExactlyInAnyOrder(
                        "switch-latency",
                        "switch-count",
                        "switch-exec-latency",
                        "start-new-latency",
                        "start-new-count",
                        "start-new-exec-latency",
                        "reuse-latency",
                        "reuse-count",
                        "reuse-exec-latency",
                        "end-to-end-latency",
                        "invoke-count");
        assertThat(metrics.get("switch-latency")).hasToString("{\"a.default\":[2.5,1.0]}");
        assertThat(metrics.get("switch-count")).hasToString("{\"a.default\":2}");
        assertThat(metrics.get("switch-exec-latency")).hasToString("{\"a.default\":[3.0,1.0]}");
        assertThat(metrics.get("start-new-latency")).hasToString("{\"b.shop\":[80.0,10.0]}");
        assertThat(metrics.get("start-new-count")).hasToString("{\"b.shop\":2}");
        assertThat(metrics.get("reuse-latency")).hasToString("{\"a.default\":[0.004]}");
        assertThat(metrics.get("end-to-end-latency"))
                .hasToString("{\"a.default\":[6.25,2.0,1.0],\"b.shop\":[81.5,11.5]}");
        assertThat(metrics.get("invoke-count")).hasToString("5");
    }

    @Test
    void callsThatNoInstanceAnsweredAreNotThere() {
        ServedBy nobody = new ServedBy(StartKind.WARM, "", 0, 0, 0, Map.of(), 0);
        gateway.metrics.invocationEnded(FunctionName.parse("a"), 429, StartKind.WARM, nobody, 1000);
        gateway.echo("told");
        gateway.manage("POST", "/invoke/told", "{}");

        assertThat(metrics(Gateway.ADMIN).get("invoke-count")).hasToString("1");
        assertThat(metrics(Gateway.ADMIN).get("reuse-count")).hasToString("{\"told.default\":1}");
    }

    @Test
    void onlyTheLastCallsAreKept() {
        for (int i = 0; i < CallRecords.KEPT; i++) {
            ended("old", StartKind.WARM, 0, 0, 1, 1);
        }
        for (int i = 0; i < CallRecords.KEPT - 1; i++) {
            ended("new", StartKind.WARM, 0, 0, 1, 1);
        }
        Map<String, JsonNode> metrics = metrics(Gateway.ADMIN);
        assertThat(metrics.get("invoke-count")).hasToString("" + CallRecords.KEPT);
        assertThat(metrics.get("reuse-count"))
                .hasToString("{\"new.default\":" + (CallRecords.KEPT - 1) + ",\"old.default\":1}");
    }

    @Test
    void aTenantSeesAndClearsItsOwnCalls() {
        String shop = gateway.token("shop", Role.ADMIN);
        ended("a", StartKind.WARM, 0, 0, 1, 1);
        ended("b.shop", StartKind.WARM, 0, 0, 1, 1);

        assertThat(metrics(shop).get("reuse-count")).hasToString("{\"b.shop\":1}");
        assertThat(gateway.manage(shop, "DELETE", "/system/metrics", "").statusCode())
                .isEqualTo(200);
        assertThat(metrics(shop).get("invoke-count")).hasToString("0");
        assertThat(metrics(Gateway.ADMIN).get("reuse-count")).hasToString("{\"a.default\":1}");
        gateway.manage("DELETE", "/system/metrics", "");
        assertThat(metrics(Gateway.ADMIN).get("reuse-count")).hasToString("{}");
        assertThat(gateway.engine.audit().recent(2))
                .extracting(AuditLog.Entry::action, AuditLog.Entry::target)
                .containsExactly(tuple("metrics.clear", "node"), tuple("metrics.clear", "shop"));
    }

    @Test
    void callsOfARemovedFunctionAreForgotten() {
        gateway.echo("gone");
        gateway.manage("POST", "/invoke/gone", "{}");
        gateway.manage("DELETE", "/system/functions", "{\"functionName\":\"gone\"}");
        assertThat(metrics(Gateway.ADMIN).get("invoke-count")).hasToString("0");
    }

    @Test
    void registerDeploysUploadedCode() {
        String digest = Gateway.json(gateway.send(
                        gateway.admin("/system/code?namespace=default").PUT(BodyPublishers.ofString("archive"))))
                .path("digest")
                .asString();
        String body = "{\"service\":\"hello\",\"image\":\"" + digest
                + "\",\"language\":\"hybrid-py\",\"SnapshotIds\":null,\"envVars\":{\"A\":\"1\"}}";
        HttpResponse<String> response = gateway.manage("POST", "/system/register", body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(gateway.engine
                        .functions
                        .describe(FunctionName.parse("hello"))
                        .current()
                        .spec()
                        .runtime())
                .isEqualTo(RuntimeKind.PYTHON);
        assertThat(gateway.get("/system/function/hello")
                        .path("envVars")
                        .path("A")
                        .asString())
                .isEqualTo("1");
        assertThat(gateway.engine.audit().recent(1).getFirst().action()).isEqualTo("function.deploy");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"service\":\"x\"}",
                "{\"image\":\"sha256:0\"}",
                "{\"service\":\"x\",\"image\":\"docker.io/library/hello:1\"}",
                "{\"service\":\"x\",\"image\":\"/var/lib/faasd/pkgs/hello\"}",
                "{\"service\":\"x\",\"envProcess\":\"cat\",\"language\":\"cobol\"}",
                "{\"service\":\"x\",\"runtime\":\"node\",\"language\":\"hybrid-py\"}",
                "{\"service\":\"x\",\"envProcess\":\"cat\",\"SnapshotIds\":[\"s1\"]}"
            })
    void registerRefusesWhatItCannotDo(String body) {
        HttpResponse<String> response = gateway.manage("POST", "/system/register", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(Gateway.json(response).path("error").asString()).isNotEmpty();
        assertThat(gateway.get("/system/functions").isEmpty()).isTrue();
    }

    @Test
    void killEndsInstancesOfAFunctionOfANamespaceOrOfAll() {
        for (String function : List.of("a", "b", "a.shop", "b.shop")) {
            gateway.echo(function);
            gateway.engine.functions.scale(FunctionName.parse(function), 2);
        }
        String shop = gateway.token("shop", Role.ADMIN);

        assertThat(killed(shop, "?name=a")).isEqualTo(2);
        assertThat(killed(shop, "?name=a")).isZero();
        assertThat(killed(shop, "")).isEqualTo(2);
        assertThat(killed(Gateway.ADMIN, "?name=a.shop")).isZero();
        assertThat(killed(Gateway.ADMIN, "?namespace=shop")).isZero();
        assertThat(killed(Gateway.ADMIN, "")).isEqualTo(4);
        assertThat(gateway.engine.audit().recent(6))
                .extracting(AuditLog.Entry::target)
                .containsExactly("node", "shop", "a.shop", "shop", "a.shop", "a.shop");
        assertThat(gateway.engine.audit().recent(6))
                .allMatch(entry -> entry.action().equals("instances.kill")
                        && entry.outcome().equals("ok"));
    }

    private int killed(String authorization, String query) {
        HttpResponse<String> response = gateway.manage(authorization, "POST", "/danger/kill" + query, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Gateway.json(response).path("killed").asInt();
    }

    @Test
    void killIsRefusedToOthersAndForWhatIsNotThere() {
        gateway.echo("a");
        gateway.engine.functions.scale(FunctionName.parse("a"), 2);
        String shop = gateway.token("shop", Role.ADMIN);

        assertThat(gateway.manage(shop, "POST", "/danger/kill?namespace=default", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage(shop, "POST", "/danger/kill?name=a.default", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("POST", "/danger/kill?name=absent", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("POST", "/danger/kill?namespace=absent", "").statusCode())
                .isEqualTo(404);
        assertThat(gateway.manage("GET", "/danger/kill", "").statusCode()).isEqualTo(405);
        assertThat(gateway.manage(gateway.token("", Role.DEPLOYER), "POST", "/danger/kill", "")
                        .statusCode())
                .isEqualTo(403);
        assertThat(gateway.engine.audit().recent(1).getFirst().outcome()).contains("needs the role ADMIN");
        assertThat(gateway.send(gateway.request("/danger/kill").POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(401);
        assertThat(killed(Gateway.ADMIN, "?name=a")).isEqualTo(2);
    }
}
