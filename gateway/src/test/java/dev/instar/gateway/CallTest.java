package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.Call;
import dev.instar.engine.Reply;
import dev.instar.runtime.HeaderField;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CallTest {
    private static final int LIMIT = 100_000;

    private final ConcurrentLinkedDeque<Call> seen = new ConcurrentLinkedDeque<>();
    private Gateway gateway;

    @BeforeAll
    void start() {
        gateway = Gateway.start(settings -> settings.withLimits(GatewayLimits.DEFAULT.withBodyBytes(LIMIT)));
        gateway.engine.install("echo", false, (call, reply) -> {
            seen.add(call);
            MemoryEngine.echo(call, reply);
        });
    }

    @AfterAll
    void stop() {
        gateway.close();
    }

    private Map<String, List<String>> headersSeen() {
        return seen.getLast().headers().stream()
                .collect(Collectors.groupingBy(
                        header -> header.name().toLowerCase(Locale.ROOT),
                        Collectors.mapping(HeaderField::value, Collectors.toList())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PURGE"})
    void passesEveryMethodThrough(String method) {
        HttpResponse<String> response =
                gateway.send(gateway.admin("/function/echo").method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(seen.getLast().method()).isEqualTo(method);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/function/echo|/|",
                "/function/echo/|/|",
                "/function/echo.default/a/b|/a/b|",
                "/function/echo/a%20b;c=d/../e%2Ff|/a%20b;c=d/../e%2Ff|",
                "/function/echo?|/|",
                "/function/echo/x?q=1&q=%202&r|/x|q=1&q=%202&r"
            })
    void passesPathAndQueryAsTheyCame(String example) throws IOException {
        String[] parts = example.split("\\|", -1);
        try (RawClient client = gateway.raw()) {
            client.send("GET " + parts[0] + " HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }

        assertThat(seen.getLast().path()).isEqualTo(parts[1]);
        assertThat(seen.getLast().query()).isEqualTo(parts[2]);
    }

    @Test
    void passesHeadersThroughWithoutThoseOfTheConnection() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("GET /function/echo HTTP/1.1\r\nHost: shop.example:8080\r\nAuthorization: " + Gateway.ADMIN
                    + "\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
                    + "Proxy-Authorization: x\r\nUpgrade: h2c\r\nX-Multi: a\r\nX-Multi: b\r\nX-CaSe: Kept\r\n"
                    + "X-Forwarded-For: 203.0.113.9\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }

        Map<String, List<String>> headers = headersSeen();
        assertThat(headers)
                .doesNotContainKeys(
                        "connection",
                        "x-hop",
                        "keep-alive",
                        "te",
                        "proxy-authorization",
                        "upgrade",
                        "host",
                        "authorization");
        assertThat(headers.get("x-multi")).containsExactly("a", "b");
        assertThat(headers.get("x-forwarded-for")).containsExactly("203.0.113.9, 127.0.0.1");
        assertThat(headers.get("x-forwarded-host")).containsExactly("shop.example:8080");
        assertThat(headers.get("x-forwarded-proto")).containsExactly("http");
        assertThat(seen.getLast().headers()).contains(new HeaderField("X-CaSe", "Kept"));
        assertThat(seen.getLast().remoteAddress()).isEqualTo("127.0.0.1");
    }

    @Test
    void passesAValidTraceContextOnAndMakesOneOtherwise() {
        String given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        gateway.send(
                gateway.admin("/function/echo").header("traceparent", given).header("tracestate", "a=b"));
        assertThat(headersSeen().get("traceparent")).containsExactly(given);
        assertThat(headersSeen().get("tracestate")).containsExactly("a=b");

        gateway.send(gateway.admin("/function/echo")
                .header("traceparent", "00-nonsense")
                .header("tracestate", "a=b"));
        assertThat(headersSeen().get("traceparent"))
                .singleElement()
                .satisfies(made -> assertThat(CallIds.isTraceParent(made)).isTrue());
        assertThat(headersSeen()).doesNotContainKey("tracestate");
    }

    @Test
    void saysHowTheCallWasServed() {
        HttpResponse<String> response = gateway.send(gateway.admin("/function/echo"));

        Map<String, List<String>> headers = response.headers().map();
        assertThat(headers.get("X-Call-Id")).containsExactly(seen.getLast().id());
        assertThat(response.headers().firstValue("X-Start-Time").orElseThrow()).matches("\\d{19}");
        assertThat(headers.get("X-Instar-Start")).containsExactly("warm");
        assertThat(headers.get("X-Instar-Queue-Ms")).containsExactly("0.001");
        assertThat(headers.get("X-Instar-Start-Ms")).containsExactly("0.000");
        assertThat(headers.get("X-Instar-Handler-Ms")).containsExactly("2.345");
        assertThat(headers.get("X-Instar-Instance")).containsExactly("i-1");
        assertThat(headers.get("X-Instar-Version")).containsExactly("1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 65_536, 65_537, LIMIT - 1, LIMIT})
    void echoesBinaryBodiesOfKnownLength(int length) {
        byte[] body = random(length);
        HttpResponse<byte[]> response = gateway.send(
                gateway.admin("/function/echo").POST(BodyPublishers.ofByteArray(body)), BodyHandlers.ofByteArray());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
        assertThat(seen.getLast().bodyLength()).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_537, LIMIT})
    void echoesChunkedBodies(int length) {
        byte[] body = random(length);
        HttpResponse<byte[]> response = gateway.send(
                gateway.admin("/function/echo")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))),
                BodyHandlers.ofByteArray());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
        assertThat(seen.getLast().bodyLength()).isEqualTo(-1);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void refusesABodyOneByteTooLarge() {
        byte[] body = random(LIMIT + 1);
        HttpResponse<String> declared =
                gateway.send(gateway.admin("/function/echo").POST(BodyPublishers.ofByteArray(body)));
        HttpResponse<String> chunked = gateway.send(gateway.admin("/function/echo")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));

        assertThat(List.of(declared, chunked)).allSatisfy(response -> {
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(Gateway.json(response).path("error").asString()).contains("limit of " + LIMIT);
            assertThat(Gateway.json(response).path("status").asInt()).isEqualTo(413);
            assertThat(response.headers().firstValue("X-Call-Id"))
                    .hasValue(Gateway.json(response).path("callId").asString());
        });
    }

    @Test
    void doesNotKeepAChunkThatIsLargerThanTheLimit() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nAuthorization: " + Gateway.ADMIN
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
            byte[] part = new byte[1 << 16];
            String reply = "";
            try {
                // the gateway must give up long before the chunk's 2 GiB
                for (int i = 0; i < 1000; i++) {
                    client.send(part);
                }
            } catch (IOException _) {
                reply = "closed";
            }
            reply += client.readToEnd();
            assertThat(reply)
                    .satisfiesAnyOf(
                            text -> assertThat(text).startsWith("HTTP/1.1 413 "),
                            text -> assertThat(text).startsWith("closed"));
        }
        assertThat(gateway.send(gateway.admin("/function/echo")).statusCode()).isEqualTo(200);
    }

    @Test
    void sendsContinueOnlyForABodyItWants() throws IOException {
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                    + "Authorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            client.send("abc");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(client.read(3)).isEqualTo("abc");
        }
        try (RawClient client = gateway.raw()) {
            client.send("POST /function/echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
                    + (LIMIT + 1) + "\r\nAuthorization: " + Gateway.ADMIN + "\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void passesContentEncodingsThroughUntouched() {
        HttpResponse<String> response = gateway.send(gateway.admin("/function/echo")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("not really gzip")));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("not really gzip");
        assertThat(headersSeen().get("content-encoding")).containsExactly("gzip");
    }

    @Test
    void answersOddAddresses() {
        assertThat(gateway.send(gateway.admin("/function/absent")).statusCode()).isEqualTo(404);
        assertThat(gateway.send(gateway.admin("/function/")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function/UPPER")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function/a.b.c")).statusCode()).isEqualTo(400);
        assertThat(gateway.send(gateway.admin("/function")).statusCode()).isEqualTo(404);
    }

    @Test
    void keepsTheConnectionAfterErrorsAndUnreadBodies() throws IOException {
        gateway.engine.install("deaf", false, CallTest::ignoreBody);
        try (RawClient client = gateway.raw()) {
            for (String function : List.of("deaf", "absent", "deaf")) {
                client.send("POST /function/" + function + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                        + "Authorization: " + Gateway.ADMIN + "\r\n\r\nabcde");
                String head = client.readHead();
                assertThat(head).startsWith(function.equals("deaf") ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
                int length = Integer.parseInt(head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
                client.read(length);
            }
        }
    }

    private static void ignoreBody(Call call, Reply reply) throws IOException {
        reply.begin(200, List.of(), MemoryEngine.SERVED, 0).close();
    }
}
