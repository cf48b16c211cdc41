package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProgramShimTest {
    private static final String SERVER = """
            import http.server, os, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def log_message(self, *args): pass
                def body(self):
                    if "chunked" in self.headers.get("Transfer-Encoding", ""):
                        data = b""
                        while True:
                            size = int(self.rfile.readline(), 16)
                            data += self.rfile.read(size)
                            self.rfile.readline()
                            if not size: return data
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                def answer(self):
                    data = self.body()
                    if self.path == "/crash": os._exit(3)
                    if self.path == "/close": return self.close_connection_now()
                    self.send_response(int(self.headers.get("X-Status", 200)))
                    if self.path == "/chunked":
                        self.send_header("Transfer-Encoding", "chunked")
                        self.end_headers()
                        for start in range(0, len(data), 70000):
                            part = data[start:start + 70000]
                            self.wfile.write(b"%x;ext=1\\r\\n%b\\r\\n" % (len(part), part))
                        self.wfile.write(b"0\\r\\nTrailer: x\\r\\n\\r\\n")
                        return
                    if self.path == "/until-close":
                        self.end_headers()
                        self.wfile.write(data)
                        self.close_connection = True
                        return
                    if self.path == "/short":
                        self.send_header("Content-Length", "100")
                        self.end_headers()
                        self.wfile.write(b"x")
                        self.close_connection = True
                        return
                    if self.path != "/echo":
                        data = (self.command + " " + self.path + " " + self.headers.get("X-One", "-")
                                + " " + str(self.client_address[1])).encode()
                    self.send_header("Content-Length", str(len(data)))
                    self.send_header("X-Two", "2")
                    self.end_headers()
                    if self.command != "HEAD": self.wfile.write(data)
                def close_connection_now(self): self.close_connection = True
                do_GET = do_POST = do_PUT = do_HEAD = answer
            http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
            """;

    @Test
    void runsAProgramPerRequest() throws Exception {
        try (Shim shim = Shim.program(HandlerConvention.AUTO, "wc", "-c").start(HandlerConvention.WATCHDOG)) {
            assertThat(shim.post("12345").text()).isEqualTo("5\n");
            assertThat(shim.post(new byte[5 * 1024 * 1024]).text()).isEqualTo("5242880\n");
            assertThat(shim.post("").text()).isEqualTo("0\n");
        }
    }

    @Test
    void tellsTheProgramAboutTheRequest() throws Exception {
        try (Shim shim = Shim.program(
                        HandlerConvention.WATCHDOG, "/bin/sh", "-c", "env | sort; ls /proc/self/fd | wc -w")
                .environment("GREETING", "hallo")
                .start(HandlerConvention.WATCHDOG)) {
            String text = shim.get("/p", "a=1", "x-forwarded-for", "192.0.2.1", "Proxy", "evil")
                    .text();
            assertThat(text.lines())
                    .contains("Http_Method=GET", "Http_Path=/p", "Http_Query=a=1", "Http_X_Forwarded_For=192.0.2.1")
                    .contains("Http_Content_Length=0", "Http_ContentLength=0", "GREETING=hallo", "4")
                    .doesNotContain("Http_Proxy=evil");
        }
    }

    @Test
    void streamsBothWaysAtOnce() throws Exception {
        byte[] body = new byte[5 * 1024 * 1024 + 3];
        new Random(2).nextBytes(body);
        try (Shim shim = Shim.program(HandlerConvention.WATCHDOG, "cat").start(HandlerConvention.WATCHDOG)) {
            Shim.Answer answer = shim.post(body);
            assertThat(answer.body()).isEqualTo(body);
            assertThat(answer.headers()).containsEntry("content-type", "application/octet-stream");
            assertThat(shim.post("ä").headers()).containsEntry("content-type", "text/plain; charset=utf-8");
        }
    }

    @Test
    void answersBeforeTheRequestHasEnded() throws Exception {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'a';
            }
        };
        try (Shim shim =
                Shim.program(HandlerConvention.WATCHDOG, "head", "-c", "3").start(HandlerConvention.WATCHDOG)) {
            Channel channel = shim.channel();
            channel.sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), endless, -1);
            assertThat(Shim.answer(channel).text()).isEqualTo("aaa");
            assertThat(shim.post("xyz").text()).isEqualTo("xyz");
        }
    }

    @Test
    void reportsExitStatusAndLastWords() throws Exception {
        String script = """
                read mode
                echo "out"; echo "first" >&2; echo "last words" >&2
                case "$mode" in
                  signal) kill -9 $$ ;;
                  large) head -c 200000 /dev/zero; exit 4 ;;
                  child) sleep 60 & echo done; exit 0 ;;
                esac
                exit 3
                """;
        try (Shim shim = Shim.program(HandlerConvention.WATCHDOG, "/bin/sh", "-c", script)
                .start(HandlerConvention.WATCHDOG)) {
            HandlerFailure failure = shim.post("exit\n").failure();
            assertThat(failure)
                    .isEqualTo(new HandlerFailure("ProgramFailed", "exit status 3: last words", "first\nlast words\n"));
            assertThat(shim.errors()).isEqualTo("first\nlast words\n");
            assertThat(shim.post("signal\n").failure().message()).startsWith("killed by signal 9");
            assertThatThrownBy(() -> shim.post("large\n")).hasMessageContaining("exit status 4");
            shim.channel().finish();
            assertThat(shim.post("child\n").text()).isEqualTo("out\ndone\n");
        }
        try (Shim shim = Shim.program(HandlerConvention.WATCHDOG, "/no/such").start(HandlerConvention.WATCHDOG)) {
            assertThat(shim.post("").failure().message()).contains("cannot execute /no/such");
            assertThat(shim.post(new byte[300_000]).failure().type()).isEqualTo("FileNotFoundError");
        }
    }

    @Test
    void endsTheProgramWhenTheRequestBreaksOff() throws Exception {
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(new byte[200_000]), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("caller gone");
            }
        });
        try (Shim shim = Shim.program(HandlerConvention.WATCHDOG, "wc", "-c").start(HandlerConvention.WATCHDOG)) {
            shim.channel().sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), broken, -1);
            assertThatThrownBy(() -> shim.channel().receive()).hasRootCauseMessage("caller gone");
            shim.channel().finish();
            assertThat(shim.post("1").text()).isEqualTo("1\n");
        }
    }

    @Test
    void proxiesToAnHttpServer() throws Exception {
        try (Shim shim = Shim.program(HandlerConvention.HTTP_SERVER, "/usr/bin/python3", "-S", "-c", SERVER)
                .channels(2)
                .start(HandlerConvention.HTTP_SERVER)) {
            Shim.Answer first = shim.get("/a", "b=c%20d", "X-One", "1", "X-Status", "203", "Connection", "close");
            assertThat(first.status()).isEqualTo(203);
            assertThat(first.headers()).containsEntry("X-Two", "2").doesNotContainKey("Content-Length");
            assertThat(first.text()).startsWith("GET /a?b=c%20d 1 ");
            assertThat(shim.get("/a", "b=c%20d", "X-One", "1").text()).isEqualTo(first.text());
            assertThat(Shim.call(
                                    shim.channels.get(1),
                                    "POST",
                                    "/echo",
                                    "",
                                    EventForm.HTTP,
                                    "two".getBytes(StandardCharsets.UTF_8))
                            .text())
                    .isEqualTo("two");
            assertThat(Shim.call(shim.channel(), "HEAD", "/echo", "", EventForm.HTTP, new byte[0])
                            .body())
                    .isEmpty();
            for (String path : new String[] {"/echo", "/chunked", "/until-close"}) {
                for (int size : new int[] {0, 10, 80_000, 5_000_000}) {
                    byte[] body = new byte[size];
                    new Random(size).nextBytes(body);
                    Shim.Answer answer = Shim.call(shim.channel(), "POST", path, "", EventForm.HTTP, body);
                    assertThat(answer.body()).as(path + size).isEqualTo(body);
                    shim.channel()
                            .sendInvoke(
                                    Shim.head("PUT", path, "", EventForm.HTTP, "Content-Length", "" + size),
                                    new ByteArrayInputStream(body),
                                    size);
                    assertThat(Shim.answer(shim.channel()).body()).isEqualTo(body);
                }
            }
        }
    }

    @Test
    void reportsWhatAnHttpServerDoesWrong() throws Exception {
        try (Shim shim = Shim.program(HandlerConvention.HTTP_SERVER, "/usr/bin/python3", "-S", "-c", SERVER)
                .start(HandlerConvention.HTTP_SERVER)) {
            assertThat(shim.get("/close", "").failure().message()).contains("closed the connection without an answer");
            assertThat(shim.get("/ok", "").status()).isEqualTo(200);
            assertThat(shim.get("/ok", "", "X-Status", "99999").failure().type())
                    .isEqualTo("ServerError");
            assertThat(shim.get("/short", "").failure().message()).contains("inside the body");
            assertThat(shim.get("/crash", "").failure().message()).contains("ended with exit status 3");
            assertThat(shim.awaitExit()).isEqualTo(1);
        }
        assertThat(Shim.program(HandlerConvention.HTTP_SERVER, "/bin/sh", "-c", "exit 5")
                        .fail()
                        .message())
                .contains("ended with exit status 5 before it accepted connections");
        assertThat(Shim.program(HandlerConvention.HTTP_SERVER, "/no/such")
                        .fail()
                        .message())
                .contains("cannot execute /no/such");
        assertThat(Shim.program(HandlerConvention.WATCHDOG).fail().message()).contains("need a command");
        assertThat(Shim.program(HandlerConvention.LAMBDA, "x").fail().message()).contains("need a command");
    }
}
