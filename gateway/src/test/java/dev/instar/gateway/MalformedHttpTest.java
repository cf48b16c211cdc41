package dev.instar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever bytes come: an answer of 4xx or the end of the connection, never 5xx and never a wait. */
final class MalformedHttpTest {
    private static final String VALID =
            "POST /function/echo?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nX-A: b\r\nAuthorization: "
                    + Gateway.ADMIN + "\r\n\r\nabc";

    private static Gateway gateway;

    @BeforeAll
    @BeforeContainer
    static void start() {
        gateway = Gateway.start();
        gateway.echo("echo");
    }

    @AfterAll
    @AfterContainer
    static void stop() {
        gateway.close();
    }

    private static String answer(byte[] bytes) throws IOException {
        try (RawClient client = gateway.raw()) {
            try {
                client.send(bytes).endOfInput();
            } catch (IOException _) {
                // the gateway closed before it had read everything
            }
            return client.readToEnd();
        }
    }

    private static void assertOnly4xx(String answer) {
        if (!answer.isEmpty()) {
            assertThat(answer).matches("(?s)HTTP/1\\.1 4\\d\\d .*");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n\r\n",
                "GET\r\n\r\n",
                "GET /\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\nHost: h\n\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nbroken\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /\u0001 HTTP/1.1\r\nHost: h\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            })
    void isAnsweredWith4xxOrClosed(String request) throws IOException {
        assertOnly4xx(answer(request.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\n", "-1\r\n", "5;\r\n", "3\r\nab", "ffffffffffffffffff\r\n"})
    void brokenChunksAreAnsweredWith4xxOrClosed(String chunks) throws IOException {
        assertOnly4xx(answer(("POST /function/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nAuthorization: "
                        + Gateway.ADMIN + "\r\n\r\n" + chunks)
                .getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 100_000})
    void aRequestLineThatIsTooLongIsAnsweredWith414(int length) throws IOException {
        String answer = answer(
                ("GET /" + "a".repeat(length) + " HTTP/1.1\r\nHost: h\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(answer).startsWith("HTTP/1.1 414 ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2_000})
    void headersThatAreTooLargeAreAnsweredWith400(int lines) throws IOException {
        String header = "X-" + "a".repeat(100) + ": " + "b".repeat(70_000 / lines) + "\r\n";
        String answer = answer(("GET / HTTP/1.1\r\nHost: h\r\n" + header.repeat(lines) + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        assertThat(answer).startsWith("HTTP/1.1 400 ");
    }

    @Property(tries = 300)
    void arbitraryBytesNeverFailTheGateway(@ForAll byte[] bytes) throws IOException {
        assertOnly4xx(answer(bytes));
    }

    @Property(tries = 500)
    void damagedRequestsNeverFailTheGateway(@ForAll("damaged") byte[] bytes) throws IOException {
        String answer = answer(bytes);
        assertThat(answer).doesNotContainPattern("HTTP/1\\.1 5\\d\\d ");
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        int length = VALID.length();
        return Combinators.combine(
                        Arbitraries.integers().between(0, length - 1),
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.strings()
                                .withChars("\r\n\0 :/?%\u00ff\tAz09,;#")
                                .ofMaxLength(5))
                .as((at, dropped, inserted) -> {
                    String damaged =
                            VALID.substring(0, at) + inserted + VALID.substring(Math.min(length, at + dropped));
                    return damaged.getBytes(StandardCharsets.ISO_8859_1);
                });
    }
}
