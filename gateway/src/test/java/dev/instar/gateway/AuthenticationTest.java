package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.Call;
import dev.instar.engine.Role;
import dev.instar.runtime.HeaderField;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthenticationTest {
    private static final String LIST = "/system/functions";
    private Gateway gateway;

    @BeforeEach
    void start() {
        gateway = Gateway.start();
        gateway.echo("echo");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void asksForCredentials() {
        for (String path : new String[] {LIST, "/function/echo", "/async-function/echo", "/metrics"}) {
            HttpResponse<String> response = gateway.send(gateway.request(path));
            assertThat(response.statusCode()).as(path).isEqualTo(401);
            assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
                    .contains("Basic realm=")
                    .contains("Bearer");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Basic",
                "Basic ",
                "Basic !!!",
                "Basic YWRtaW4=",
                "Basic YWRtaW46d3Jvbmc=",
                "Bearer",
                "Bearer nonsense",
                "Digest x",
                "secret"
            })
    void refusesWrongCredentials(String header) {
        assertThat(gateway.manage(header, "GET", LIST, "").statusCode()).isEqualTo(401);
        assertThat(gateway.send(gateway.request("/function/echo").header("Authorization", header))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void acceptsPasswordAndToken() {
        assertThat(gateway.manage("GET", LIST, "").statusCode()).isEqualTo(200);
        assertThat(gateway.manage(gateway.token("", Role.VIEWER), "GET", LIST, "")
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.manage("bEaReR " + gateway.token("", Role.VIEWER).substring(7), "GET", LIST, "")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void verifiesCredentialsOnceForManyCalls() {
        for (int i = 0; i < 20; i++) {
            assertThat(gateway.send(gateway.admin("/function/echo")).statusCode())
                    .isEqualTo(200);
        }
        assertThat(gateway.engine.tenants.verifications.get()).isEqualTo(1);
    }

    @Test
    void aRevokedTokenIsRefusedAtOnce() {
        String token = gateway.token("default", Role.INVOKER);
        String name = gateway.engine.tenants.tokens("default").getFirst().name();
        assertThat(gateway.send(gateway.request("/function/echo").header("Authorization", token))
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> revoked =
                gateway.manage("DELETE", "/system/tokens", "{\"name\":\"" + name + "\",\"namespace\":\"default\"}");

        assertThat(revoked.statusCode()).isEqualTo(202);
        assertThat(gateway.send(gateway.request("/function/echo").header("Authorization", token))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void slowsDownGuessing() {
        int refused = 0;
        HttpResponse<String> last = gateway.manage(Gateway.basic("admin", "guess"), "GET", LIST, "");
        while (last.statusCode() == 401 && refused < 100) {
            refused++;
            last = gateway.manage(Gateway.basic("admin", "guess" + refused), "GET", LIST, "");
        }
        assertThat(last.statusCode()).isEqualTo(429);
        assertThat(last.headers().firstValue("Retry-After")).isPresent();
        assertThat(refused).isLessThan(50);
        int verified = gateway.engine.tenants.verifications.get();
        gateway.manage(Gateway.basic("admin", "more"), "GET", LIST, "");
        assertThat(gateway.engine.tenants.verifications.get()).isEqualTo(verified);
    }

    @Test
    void knownCredentialsStillWorkWhileSomeoneGuesses() {
        assertThat(gateway.manage("GET", LIST, "").statusCode()).isEqualTo(200);
        for (int i = 0; i < 60; i++) {
            gateway.manage(Gateway.basic("admin", "guess" + i), "GET", LIST, "");
        }
        assertThat(gateway.manage("GET", LIST, "").statusCode()).isEqualTo(200);
    }

    @Test
    void limitsFailuresPerAddressAndForgivesWithTime() {
        AtomicLong now = new AtomicLong(-5);
        FailureLimiter limiter = new FailureLimiter(3, Duration.ofSeconds(10), now::get);
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.delay("a")).isEqualTo(Duration.ZERO);
            limiter.failed("a");
        }
        assertThat(limiter.delay("a")).isEqualTo(Duration.ofSeconds(10));
        assertThat(limiter.delay("b")).isEqualTo(Duration.ZERO);
        now.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(limiter.delay("a")).isEqualTo(Duration.ZERO);
        limiter.failed("a");
        assertThat(limiter.delay("a")).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void forgetsAddressesBeyondItsBound() {
        FailureLimiter limiter = new FailureLimiter(1, Duration.ofHours(1), System::nanoTime);
        limiter.failed("first");
        assertThat(limiter.delay("first")).isPositive();
        for (int i = 0; i < 5000; i++) {
            limiter.failed("other" + i);
        }
        assertThat(limiter.delay("first")).isZero();
    }

    @Test
    void publicFunctionsNeedNoCredentials() {
        AtomicReference<Call> seen = new AtomicReference<>();
        gateway.engine.install("open", true, (call, reply) -> {
            seen.set(call);
            MemoryEngine.echo(call, reply);
        });

        assertThat(gateway.send(gateway.request("/function/open")).statusCode()).isEqualTo(200);

        String foreign = "Bearer eyJhbGciOi.for-the-function";
        gateway.send(gateway.request("/function/open").header("Authorization", foreign));
        assertThat(authorizationOf(seen.get())).isEqualTo(foreign);

        gateway.send(gateway.request("/function/open").header("Authorization", Gateway.basic("shop", "user")));
        assertThat(authorizationOf(seen.get())).isEqualTo(Gateway.basic("shop", "user"));

        for (String own : new String[] {Gateway.ADMIN, gateway.token("", Role.INVOKER)}) {
            gateway.send(gateway.request("/function/open").header("Authorization", own));
            assertThat(authorizationOf(seen.get())).as("our credentials").isEmpty();
        }
    }

    private static String authorizationOf(Call call) {
        return call.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Authorization"))
                .map(HeaderField::value)
                .findFirst()
                .orElse("");
    }

    @Test
    void guessingThroughAPublicFunctionIsSlowedDownToo() {
        gateway.engine.install("open", true, MemoryEngine::echo);
        for (int i = 0; i < 100; i++) {
            gateway.send(gateway.request("/function/open").header("Authorization", Gateway.basic("admin", "g" + i)));
        }
        assertThat(gateway.engine.tenants.verifications.get()).isLessThan(50);
    }
}
