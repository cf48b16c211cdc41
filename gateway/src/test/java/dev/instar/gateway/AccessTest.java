package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.AuditLog;
import dev.instar.engine.FunctionName;
import dev.instar.engine.Quota;
import dev.instar.engine.Role;
import dev.instar.engine.TenantService.Namespace;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every role at every route, and one tenant at another's things. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AccessTest {
    private Gateway gateway;
    private final Map<Role, String> tokensOfA = new EnumMap<>(Role.class);
    private final Map<Role, String> tokensOfNode = new EnumMap<>(Role.class);

    @BeforeAll
    void start() {
        gateway = Gateway.start();
        for (String namespace : List.of("a", "b")) {
            gateway.engine.tenants.create(new Namespace(namespace, Map.of(), Quota.UNBOUNDED));
            gateway.echo("secretive." + namespace);
            gateway.engine.secrets.create(namespace, "key-of-" + namespace, "v".getBytes(StandardCharsets.UTF_8));
            gateway.engine.logs.write(new FunctionName(namespace, "secretive"), "i", "line of " + namespace);
            gateway.send(gateway.admin("/function/secretive." + namespace));
        }
        for (Role role : Role.values()) {
            tokensOfA.put(role, gateway.token("a", role));
            tokensOfNode.put(role, gateway.token("", role));
        }
    }

    @AfterAll
    void stop() {
        gateway.close();
    }

    private String ofA(Role role) {
        return Objects.requireNonNull(tokensOfA.get(role));
    }

    private String ofNode(Role role) {
        return Objects.requireNonNull(tokensOfNode.get(role));
    }

    static List<Route> routes() {
        GatewayMetrics metrics = new GatewayMetrics();
        try (MemoryEngine engine = new MemoryEngine(metrics);
                GatewayRoutes routes = GatewayRoutes.of(GatewaySettings.on("127.0.0.1", 0), engine, metrics)) {
            return new ArrayList<>(routes.routes());
        }
    }

    private static String path(Route route) {
        return route.template().replace("{name}", "absent").replaceAll("\\{\\w+}", "x");
    }

    /** A status by which the request got past the check of its role; what it asks for need not exist. */
    private static boolean isAdmitted(int status) {
        return status != 401 && status != 403;
    }

    @ParameterizedTest
    @MethodSource("routes")
    void eachRouteAdmitsTheRolesItIsFor(Route route) {
        String method = route.method().equals("*") ? "POST" : route.method();
        for (Role role : Role.values()) {
            int namespaced =
                    gateway.manage(ofA(role), method, path(route), "{}").statusCode();
            int node = gateway.manage(ofNode(role), method, path(route), "{}").statusCode();
            boolean enough = switch (route.access()) {
                case OPEN, INVOKER -> true;
                case VIEWER -> role.includes(Role.VIEWER);
                case DEPLOYER -> role.includes(Role.DEPLOYER);
                case ADMIN, NODE -> role.includes(Role.ADMIN);
            };
            assertThat(isAdmitted(namespaced))
                    .as("%s of a namespace at %s: %d", role, route, namespaced)
                    .isEqualTo(enough && route.access() != Access.NODE);
            assertThat(isAdmitted(node))
                    .as("%s of the node at %s: %d", role, route, node)
                    .isEqualTo(enough);
        }
        int anonymous = gateway.send(gateway.request(path(route)).method(method, BodyPublishers.noBody()))
                .statusCode();
        assertThat(anonymous == 401)
                .as("anonymous at %s: %d", route, anonymous)
                .isEqualTo(route.access() != Access.OPEN);
    }

    @Test
    void nothingOfAnotherTenantIsVisible() {
        String admin = ofA(Role.ADMIN);
        List<HttpResponse<String>> attempts = List.of(
                gateway.manage(admin, "GET", "/system/functions?namespace=b", ""),
                gateway.manage(admin, "GET", "/system/function/secretive?namespace=b", ""),
                gateway.manage(admin, "GET", "/system/function/secretive.b", ""),
                gateway.manage(admin, "GET", "/system/function/secretive.b/versions", ""),
                gateway.manage(admin, "POST", "/system/scale-function/secretive?namespace=b", "{\"replicas\":1}"),
                gateway.manage(admin, "POST", "/system/scale-function/x", "{\"replicas\":1,\"namespace\":\"b\"}"),
                gateway.manage(admin, "POST", "/system/rollback-function/secretive.b", "{\"version\":1}"),
                gateway.manage(
                        admin, "DELETE", "/system/functions", "{\"functionName\":\"secretive\",\"namespace\":\"b\"}"),
                gateway.manage(admin, "DELETE", "/system/functions", "{\"functionName\":\"secretive.b\"}"),
                gateway.manage(admin, "POST", "/system/functions", deployment("b")),
                gateway.manage(admin, "PUT", "/system/functions", deployment("b")),
                gateway.manage(admin, "GET", "/system/secrets?namespace=b", ""),
                gateway.manage(
                        admin, "POST", "/system/secrets", "{\"name\":\"n\",\"namespace\":\"b\",\"value\":\"v\"}"),
                gateway.manage(
                        admin, "PUT", "/system/secrets", "{\"name\":\"key-of-b\",\"namespace\":\"b\",\"value\":\"v\"}"),
                gateway.manage(admin, "DELETE", "/system/secrets", "{\"name\":\"key-of-b\",\"namespace\":\"b\"}"),
                gateway.manage(admin, "GET", "/system/logs?name=secretive&namespace=b", ""),
                gateway.manage(admin, "GET", "/system/namespace/b", ""),
                gateway.manage(admin, "GET", "/system/tokens?namespace=b", ""),
                gateway.manage(
                        admin, "POST", "/system/tokens", "{\"name\":\"n\",\"namespace\":\"b\",\"role\":\"admin\"}"),
                gateway.manage(admin, "DELETE", "/system/tokens", "{\"name\":\"n\",\"namespace\":\"b\"}"),
                gateway.manage(admin, "GET", "/system/async/dead-letters?namespace=b", ""),
                gateway.manage(admin, "POST", "/system/async/dead-letters/x/retry?namespace=b", ""),
                gateway.manage(admin, "DELETE", "/system/async/dead-letters/x?namespace=b", ""),
                gateway.manage(admin, "PUT", "/system/code?namespace=b", ""),
                gateway.manage(admin, "GET", "/system/templates?namespace=b", ""),
                gateway.manage(admin, "GET", "/system/template/secretive.b", ""),
                gateway.manage(admin, "POST", "/system/template/secretive/rebuild?namespace=b", ""),
                gateway.manage(admin, "GET", "/system/template/secretive.b/image?with-secrets=yes", ""),
                gateway.manage(admin, "PUT", "/system/template/secretive.b/image", ""),
                gateway.manage(admin, "GET", "/function/secretive.b", ""),
                gateway.manage(admin, "POST", "/async-function/secretive.b", "{}"),
                gateway.manage(admin, "POST", "/2015-03-31/functions/secretive.b/invocations", "{}"));

        assertThat(attempts).allSatisfy(attempt -> {
            assertThat(attempt.statusCode())
                    .as("%s %s", attempt.request().method(), attempt.uri())
                    .isEqualTo(404);
            assertThat(attempt.body()).doesNotContain("key-of-b", "line of b");
        });
        assertThat(gateway.engine.secrets.list("b")).containsExactly("key-of-b");
        assertThat(gateway.get("/system/functions?namespace=b").size()).isEqualTo(1);
    }

    private static String deployment(String namespace) {
        return "{\"service\":\"new\",\"namespace\":\"" + namespace
                + "\",\"runtime\":\"program\",\"envProcess\":\"/bin/cat\"}";
    }

    @Test
    void aTenantsRequestsMeanItsOwnNamespace() {
        String viewer = ofA(Role.VIEWER);
        assertThat(Gateway.json(gateway.manage(viewer, "GET", "/system/functions", ""))
                        .path(0)
                        .path("namespace")
                        .asString())
                .isEqualTo("a");
        assertThat(gateway.manage(viewer, "GET", "/system/namespaces", "").body())
                .isEqualTo("[\"a\"]");
        assertThat(gateway.manage(viewer, "GET", "/system/logs?name=secretive", "")
                        .body())
                .contains("line of a");
        String deployer = ofA(Role.DEPLOYER);
        HttpResponse<String> deployed = gateway.manage(
                deployer, "POST", "/system/functions", "{\"service\":\"mine\",\"envProcess\":\"/bin/cat\"}");
        assertThat(deployed.statusCode()).as(deployed.body()).isEqualTo(202);
        assertThat(Gateway.json(deployed).path("namespace").asString()).isEqualTo("a");
    }

    @Test
    void aTenantSeesOnlyItsOwnSeries() {
        String ofA = gateway.manage(ofA(Role.VIEWER), "GET", "/metrics", "").body();
        String all = gateway.manage("GET", "/metrics", "").body();

        assertThat(ofA).contains("gateway_function_invocation_total{code=\"200\",function_name=\"secretive.a\"}");
        assertThat(ofA)
                .contains("# TYPE gateway_functions_seconds histogram")
                .contains("instar_async_pending{namespace=\"a\"}");
        assertThat(ofA).doesNotContain("secretive.b").doesNotContain("\"b\"").doesNotContain("jvm_", "instar_node_");
        assertThat(all).contains("secretive.a", "secretive.b", "jvm_memory_used_bytes", "instar_node_memory_bytes");
    }

    @Test
    void changesAndRefusalsAreInTheAuditLog() {
        gateway.manage(ofA(Role.DEPLOYER), "POST", "/system/secrets", "{\"name\":\"audited\",\"value\":\"hush\"}");
        gateway.manage(ofA(Role.DEPLOYER), "POST", "/system/secrets", "{\"name\":\"audited\",\"value\":\"hush\"}");
        gateway.manage(ofA(Role.VIEWER), "POST", "/system/secrets", "{\"name\":\"n\",\"value\":\"hush\"}");

        List<AuditLog.Entry> entries = gateway.engine.audit().recent(3);
        assertThat(entries)
                .extracting(AuditLog.Entry::outcome)
                .satisfiesExactly(
                        refused -> assertThat(refused).contains("needs the role DEPLOYER"),
                        conflict -> assertThat(conflict).isEqualTo("secret audited exists"),
                        made -> assertThat(made).isEqualTo("ok"));
        assertThat(entries.getLast().action()).isEqualTo("secret.create");
        assertThat(entries.getLast().target()).isEqualTo("audited.a");
        assertThat(entries.getLast().who()).startsWith("DEPLOYER-");
        assertThat(gateway.manage("GET", "/system/audit?limit=3", "").body()).doesNotContain("hush");
        assertThat(gateway.get("/system/audit?limit=2").size()).isEqualTo(2);
    }
}
