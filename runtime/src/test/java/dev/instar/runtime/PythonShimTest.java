package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PythonShimTest {
    @Test
    void servesPythonHttpHandlers() throws Exception {
        String source = """
                def handle(event, context):
                    return {
                        "statusCode": 201,
                        "headers": {"X-Seen": event.headers["x-ONE"], "Content-Type": "text/x"},
                        "body": "|".join([event.method, event.path, event.query["a"], event.query.get("b"),
                                          repr(event.body), event.headers.get("nope", "none")]),
                    }
                """;
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            Shim.Answer answer = shim.get("/p/q", "a=1%202&b=%C3%A4+x", "X-One", "é");
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.text()).isEqualTo("GET|/p/q|1 2|ä x|b''|none");
            assertThat(answer.headers()).containsEntry("X-Seen", "é").containsEntry("content-type", "text/x");
        }
    }

    @Test
    void takesEveryShapeOfReply() throws Exception {
        String source = """
                import io
                SHAPES = {
                    "none": None, "text": "ä", "bytes": b"\\x00\\xff", "dict": {"a": [1, 2.5, None, True, "\\u00e4"]},
                    "pair": ("teapot", 418), "triple": (b"x", 202, {"X-A": "1"}), "list": [1, 2],
                    "body-dict": {"body": {"k": "v"}}, "status": {"statusCode": "404"},
                    "many": {"statusCode": 200, "headers": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], "body": "x"},
                }
                def handle(event, context):
                    shape = event.body.decode()
                    if shape == "stream":
                        return {"body": (str(i) for i in range(4)), "headers": {"content-type": "text/plain"}}
                    if shape == "file":
                        return io.BytesIO(b"y" * 100000)
                    return SHAPES[shape]
                """;
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("none")).satisfies(a -> assertThat(a.body()).isEmpty());
            assertThat(shim.post("text").text()).isEqualTo("ä");
            assertThat(shim.post("text").headers()).containsEntry("content-type", "text/plain; charset=utf-8");
            assertThat(shim.post("bytes").body()).containsExactly(0, 255);
            assertThat(shim.post("dict").text()).isEqualTo("{\"a\": [1, 2.5, null, true, \"\\u00e4\"]}");
            assertThat(shim.post("pair").status()).isEqualTo(418);
            assertThat(shim.post("triple").headers()).containsEntry("X-A", "1");
            assertThat(shim.post("list").text()).isEqualTo("[1, 2]");
            assertThat(shim.post("body-dict").headers()).containsEntry("content-type", "application/json");
            assertThat(shim.post("status").status()).isEqualTo(404);
            assertThat(shim.post("many").headers()).containsEntry("set-cookie", "a=1|b=2");
            assertThat(shim.post("stream").text()).isEqualTo("0123");
            assertThat(shim.post("file").body()).hasSize(100_000).containsOnly('y');
        }
    }

    @Test
    void servesClassicHandlers() throws Exception {
        try (Shim shim = Shim.python("handler.py", "def handle(req):\n    return req.upper()\n")
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("größe").text()).isEqualTo("GRÖSSE");
            byte[] binary = {(byte) 0xff, 0, 'a'};
            assertThat(shim.post(binary).body()).containsExactly(0xff, 0, 'A');
        }
    }

    @Test
    void servesLambdaHandlersOfHttpEvents() throws Exception {
        String source = """
                import json, os
                def lambda_handler(event, context):
                    if event["rawPath"] == "/bare":
                        return {"a": 1}
                    if event["rawPath"] == "/text":
                        return "hello"
                    if event["rawPath"] == "/binary":
                        return {"statusCode": 200, "body": event["body"], "isBase64Encoded": True,
                                "headers": {"content-type": "image/png"}}
                    assert 0 < context.get_remaining_time_in_millis() <= 30000
                    return {"statusCode": 203, "cookies": ["a=1", "b=2"], "headers": {"X-N": 5},
                            "body": json.dumps([event, context.aws_request_id, context.function_name,
                                context.function_version, context.memory_limit_in_mb, context.log_stream_name,
                                context.invoked_function_arn, os.environ["AWS_LAMBDA_FUNCTION_NAME"]])}
                """;
        try (Shim shim = Shim.python("lambda_function.py", source).start(HandlerConvention.LAMBDA)) {
            Shim.Answer answer =
                    shim.get("/x", "a=1&a=2&b=%20", "Host", "h.example", "Cookie", "c=1; d=2", "User-Agent", "ua");
            assertThat(answer.status()).isEqualTo(203);
            assertThat(answer.headers()).containsEntry("set-cookie", "a=1|b=2").containsEntry("X-N", "5");
            assertThat(answer.text())
                    .contains("\"version\": \"2.0\"", "\"rawPath\": \"/x\"", "\"rawQueryString\": \"a=1&a=2&b=%20\"")
                    .contains("\"cookies\": [\"c=1\", \"d=2\"]", "{\"a\": \"1,2\", \"b\": \" \"}")
                    .contains("\"sourceIp\": \"192.0.2.7\"", "\"userAgent\": \"ua\"", "\"domainName\": \"h.example\"")
                    .contains("\"call-1\", \"demo\", \"7\", \"256\", \"i-42\"")
                    .contains("arn:aws:lambda:local:team:function:demo", "\"isBase64Encoded\": false");
            assertThat(shim.get("/bare", "").text()).isEqualTo("{\"a\": 1}");
            assertThat(shim.get("/bare", "").headers()).containsEntry("content-type", "application/json");
            assertThat(shim.get("/text", "").text()).isEqualTo("hello");
            byte[] picture = {(byte) 0x89, 'P', 0, (byte) 0xff};
            Shim.Answer echoed = Shim.call(
                    shim.channel(), "PUT", "/binary", "", EventForm.HTTP, picture, "Content-Type", "image/png");
            assertThat(echoed.body()).isEqualTo(picture);
        }
    }

    @Test
    void servesLambdaHandlersOfRawEvents() throws Exception {
        String source = "def handler(event, context):\n    return [event['n'] + 1, context.function_name]\n";
        try (Shim shim = Shim.python("app.py", source).start(HandlerConvention.LAMBDA)) {
            assertThat(shim.raw("{\"n\": 1.5}").text()).isEqualTo("[2.5, \"demo\"]");
            assertThat(shim.raw("{\"n\":").status()).isEqualTo(400);
            assertThat(shim.raw("{\"n\":").text()).contains("not JSON");
            assertThat(shim.raw(" {\"n\":1} x").status()).isEqualTo(400);
            assertThat(shim.raw(" {\"n\":1}\n").text()).isEqualTo("[2, \"demo\"]");
        }
    }

    @Test
    void servesSebsHandlers() throws Exception {
        String source = "def handler(event):\n    return {'result': event}\n";
        try (Shim shim =
                Shim.python("function.py", source).handler("function.handler").start(HandlerConvention.SEBS)) {
            assertThat(shim.post("{\"size\": 10, \"s\": \"\\ud83d\\ude00\"}").text())
                    .isEqualTo("{\"result\": {\"size\": 10, \"s\": \"\\ud83d\\ude00\"}}");
            assertThat(shim.get("/", "x=1").text()).isEqualTo("{\"result\": {\"x\": \"1\"}}");
        }
    }

    @Test
    void findsHandlersThatAreNamed() throws Exception {
        try (Shim shim = Shim.python("pkg/web.py", "def process(event, context):\n    return 'p'\n")
                .file("pkg/__init__.py", "")
                .handler("pkg/web.process")
                .convention(HandlerConvention.OPENFAAS_HTTP)
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("").text()).isEqualTo("p");
        }
        try (Shim shim = Shim.python("handler.py", "from .other import word\ndef handle(req): return word\n")
                .file("other.py", "word = 'relative'\n")
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEqualTo("relative");
        }
    }

    @Test
    void seesItsFilesPackagesAndLayers() throws Exception {
        String source = """
                import sys, os, one, two, three, four
                def handle(req):
                    return ",".join([one.v, two.v, three.v, four.v, os.getcwd() == sys.path[0] and "first" or str(sys.path),
                                     os.environ["GREETING"], str(len(os.listdir("/proc/self/fd")))])
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .file("one.py", "v = '1'")
                .file("python-packages/two.py", "v = '2'")
                .layer(0, "python/three.py", "v = '3'")
                .layer(1, "four.py", "v = '4'")
                .environment("GREETING", "hallo")
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEqualTo("1,2,3,4,first,hallo,5");
        }
    }

    @Test
    void seesTheMachinesPackages() throws Exception {
        String source = "import numpy\ndef handle(req):\n    return str(int(numpy.arange(5).sum()))\n";
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEqualTo("10");
        }
    }

    @Test
    void reportsErrorsAndStaysUsable() throws Exception {
        String source = """
                def handle(event, context):
                    if event.body == b"stream":
                        def parts():
                            yield b"one"
                            raise OSError("midway")
                        return {"body": parts()}
                    if event.body == b"header":
                        return {"headers": {"X": "a\\r\\nSet-Cookie: b"}}
                    if event.body == b"status":
                        return {"statusCode": 99}
                    if event.body == b"unjson":
                        return {"body": {"x": object()}}
                    if event.body != b"ok":
                        raise KeyError("nul\\0 \\udc80 and ü")
                    return "fine"
                """;
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            HandlerFailure failure = shim.post("fail").failure();
            assertThat(failure.type()).isEqualTo("KeyError");
            assertThat(failure.message()).contains("and ü");
            assertThat(failure.trace())
                    .contains("handler.py\", line 14, in handle")
                    .doesNotContain("shim.py");
            assertThat(shim.post("header").failure().message()).contains("control character");
            assertThat(shim.post("status").failure().message()).contains("status 99");
            assertThat(shim.post("unjson").failure().type()).isEqualTo("TypeError");
            shim.channel()
                    .sendInvoke(
                            Shim.head("POST", "/", "", EventForm.HTTP),
                            new ByteArrayInputStream("stream".getBytes(StandardCharsets.UTF_8)),
                            6);
            HandlerReply reply = (HandlerReply) shim.channel().receive();
            assertThat(reply.body().readNBytes(3)).containsExactly('o', 'n', 'e');
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> reply.body().read()))
                    .isInstanceOf(ReplyBrokenException.class)
                    .hasMessageContaining("midway");
            shim.channel().finish();
            assertThat(shim.post("ok").text()).isEqualTo("fine");
        }
    }

    @Test
    void keepsWhatIsPrintedOffTheChannel() throws Exception {
        String source = """
                import sys
                def handle(req):
                    print("to out", req, end="")
                    print("to err", file=sys.stderr)
                    sys.stdout.write("\\0raw")
                    return "reply"
                """;
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("x").text()).isEqualTo("reply");
            assertThat(shim.output()).isEqualTo("to out x\0raw");
            assertThat(shim.errors()).isEqualTo("to err\n");
        }
    }

    @Test
    void endsWhenTheHandlerExits() throws Exception {
        String source = "import sys\ndef handle(req):\n    print('bye')\n    sys.exit(7)\n";
        for (int channels = 1; channels <= 2; channels++) {
            try (Shim shim =
                    Shim.python("handler.py", source).channels(channels).start(HandlerConvention.OPENFAAS_CLASSIC)) {
                Channel last = shim.channels.getLast();
                assertThat(org.assertj.core.api.Assertions.catchThrowable(
                                () -> Shim.call(last, "POST", "/", "", EventForm.HTTP, new byte[0])))
                        .isInstanceOf(ChannelClosedException.class);
                assertThat(shim.awaitExit()).isEqualTo(7);
                assertThat(shim.output()).isEqualTo("bye\n");
            }
        }
    }

    @Test
    void endsWhenItsChannelsEnd() throws Exception {
        for (int channels = 1; channels <= 3; channels++) {
            try (Shim shim = Shim.python("handler.py", "def handle(req): return req\n")
                    .channels(channels)
                    .start(HandlerConvention.OPENFAAS_CLASSIC)) {
                shim.channels.forEach(Channel::close);
                assertThat(shim.awaitExit()).isZero();
            }
        }
    }

    @Test
    void endsWhenTheChannelIsAbused() throws Exception {
        try (Shim shim =
                Shim.python("handler.py", "def handle(req): return req\n").start(HandlerConvention.OPENFAAS_CLASSIC)) {
            shim.channel()
                    .init(new ShimSettings(
                            "f", "n", "v", "i", "", HandlerConvention.AUTO, "", 1, 1, 1, List.of(), List.of()));
            assertThat(shim.awaitExit()).isEqualTo(70);
            assertThat(shim.errors()).contains("the channel carried a frame of type 1");
        }
    }

    @Test
    void explainsWhyAHandlerCannotBeLoaded() throws Exception {
        InitResult.InitFailure syntax =
                Shim.python("handler.py", "def handle(req):\n  return (\n").fail();
        assertThat(syntax.type()).isEqualTo("SyntaxError");
        assertThat(syntax.trace()).contains("handler.py\", line 2");

        InitResult.InitFailure attribute = Shim.python("handler.py", "x = 1\n").fail();
        assertThat(attribute.message()).contains("handler has no function handle or handler or lambda_handler or main");

        InitResult.InitFailure file = Shim.python("other.py", "x = 1\n").fail();
        assertThat(file.message()).contains("handler.py, index.py, lambda_function.py, app.py, main.py");

        InitResult.InitFailure named =
                Shim.python("handler.py", "x = 1\n").handler("handler.serve").fail();
        assertThat(named.message()).contains("handler has no function serve");

        InitResult.InitFailure imports =
                Shim.python("handler.py", "import nowhere\n").fail();
        assertThat(imports.type()).isEqualTo("ModuleNotFoundError");
        assertThat(imports.trace()).contains("handler.py\", line 1");

        InitResult.InitFailure exits =
                Shim.python("handler.py", "import sys\nsys.exit('stop')\n").fail();
        assertThat(exits.type()).isEqualTo("SystemExit");
    }

    @Test
    void runsInitAndWarmUpBeforeItIsReady() throws Exception {
        String source = """
                seen = []
                def prepare(): seen.append("init")
                def handle(event, context):
                    if event.body == b"bad": raise ValueError("cold")
                    seen.append(event.method + event.body.decode())
                    return ",".join(seen)
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .init("prepare")
                .warmUp("a", "b")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("c").text()).isEqualTo("init,POSTa,POSTb,POSTc");
        }
        InitResult.InitFailure warmUp =
                Shim.python("handler.py", source).warmUp("bad").fail();
        assertThat(warmUp).isEqualTo(new InitResult.InitFailure("ValueError", "cold", warmUp.trace()));
        assertThat(Shim.python("handler.py", source).init("none").fail().message())
                .contains("handler has no function none, which the key init names");
    }

    @Test
    void takesInitAndTheFirstCallTogether() throws Exception {
        try (Shim shim =
                Shim.python("handler.py", "def handle(req): return req\n").launch()) {
            byte[] body = new byte[300_000];
            shim.channel()
                    .sendInvoke(
                            Shim.head("POST", "/", "", EventForm.HTTP), new ByteArrayInputStream(body), body.length);
            assertThat(shim.channel().awaitReady()).isEqualTo(new InitResult.Ready(HandlerConvention.OPENFAAS_CLASSIC));
            assertThat(Shim.answer(shim.channel()).body()).isEqualTo(body);
        }
    }

    @Test
    void carriesLargeBodies() throws Exception {
        byte[] body = new byte[5 * 1024 * 1024 + 17];
        new Random(1).nextBytes(body);
        try (Shim shim = Shim.python("handler.py", "def handle(event, context): return event.body\n")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post(body).body()).isEqualTo(body);
            shim.channel().sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), new ByteArrayInputStream(body), -1);
            assertThat(Shim.answer(shim.channel()).body()).isEqualTo(body);
            assertThat(shim.post("small").text()).isEqualTo("small");
        }
    }

    @Test
    void survivesARequestThatBreaksOff() throws Exception {
        try (Shim shim =
                Shim.python("handler.py", "def handle(req): return req\n").start(HandlerConvention.OPENFAAS_CLASSIC)) {
            InputStream body =
                    new java.io.SequenceInputStream(new ByteArrayInputStream(new byte[200_000]), new InputStream() {
                        @Override
                        public int read() throws java.io.IOException {
                            throw new java.io.IOException("caller gone");
                        }
                    });
            shim.channel().sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), body, -1);
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> shim.channel().receive()))
                    .isInstanceOf(RequestBrokenException.class)
                    .hasRootCauseMessage("caller gone");
            shim.channel().finish();
            assertThat(shim.post("again").text()).isEqualTo("again");
        }
    }

    @Test
    void servesChannelsAtTheSameTime() throws Exception {
        String source = """
                import threading
                meet = threading.Barrier(4)
                def handle(req):
                    meet.wait(10)
                    return req
                """;
        try (Shim shim = Shim.python("handler.py", source).channels(4).start(HandlerConvention.OPENFAAS_CLASSIC);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> calls = new ArrayList<>();
            for (Channel channel : shim.channels) {
                String text = "c" + calls.size();
                calls.add(
                        () -> Shim.call(channel, "POST", "/", "", EventForm.HTTP, text.getBytes(StandardCharsets.UTF_8))
                                .text());
            }
            List<String> answers = new ArrayList<>();
            for (Future<String> future : threads.invokeAll(calls)) {
                answers.add(future.get());
            }
            assertThat(answers).containsExactly("c0", "c1", "c2", "c3");
        }
    }

    @Test
    void awaitsCoroutines() throws Exception {
        String source = "import asyncio\nasync def handle(req):\n    await asyncio.sleep(0)\n    return 'awaited'\n";
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEqualTo("awaited");
        }
    }

    @Test
    void importsNothingItDoesNotNeed() throws Exception {
        String source = "import sys\nnames = set(sys.modules)\ndef handle(req):\n    return ' '.join(names)\n";
        try (Shim shim = Shim.python("handler.py", source).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text().split(" "))
                    .doesNotContain("os", "re", "json", "socket", "threading", "traceback", "site", "enum");
        }
    }
}
