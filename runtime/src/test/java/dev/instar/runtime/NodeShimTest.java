package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class NodeShimTest {
    @Test
    void servesOpenFaasHandlers() throws Exception {
        String source = """
                module.exports = async (event, context) => context.status(201).headers({ 'X-Seen': event.headers['x-one'] })
                    .succeed([event.method, event.path, event.query.a, event.query.b, event.body])
                """;
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            Shim.Answer answer = shim.get("/p/q", "a=1%202&b=x&b=y", "X-One", "é", "Content-Type", "application/json");
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.text()).isEqualTo("[\"GET\",\"/p/q\",\"1 2\",[\"x\",\"y\"],{}]");
            assertThat(answer.headers()).containsEntry("X-Seen", "é").containsEntry("content-type", "application/json");
        }
    }

    @Test
    void parsesBodiesByContentType() throws Exception {
        String source = """
                module.exports = (event, context) => Buffer.isBuffer(event.body) ? event.body : JSON.stringify(event.body)
                """;
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("{\"a\":[1]}", "Content-Type", "application/json; charset=utf-8")
                            .text())
                    .isEqualTo("{\"a\":[1]}");
            assertThat(shim.post("{", "Content-Type", "application/json").status())
                    .isEqualTo(400);
            assertThat(shim.post("ä").text()).isEqualTo("\"ä\"");
            assertThat(shim.post("a=1&b=%20", "content-type", "application/x-www-form-urlencoded")
                            .text())
                    .isEqualTo("{\"a\":\"1\",\"b\":\" \"}");
            byte[] binary = {(byte) 0xff, 0, 1};
            assertThat(shim.post(binary, "content-type", "application/octet-stream")
                            .body())
                    .isEqualTo(binary);
        }
    }

    @Test
    void takesEveryWayOfReplying() throws Exception {
        String source = """
                const { Readable } = require('stream');
                module.exports = (event, context, callback) => {
                  switch (event.body) {
                    case 'callback': return void setTimeout(() => callback(null, 'later'), 1);
                    case 'later': return void setTimeout(() => context.succeed('context'), 1);
                    case 'value': return 'value';
                    case 'promise': return Promise.resolve({ a: 1 });
                    case 'bytes': return Buffer.from([0, 255]);
                    case 'stream': return Readable.from(['one', Buffer.from('two')]);
                    case 'broken': return Readable.from((async function* () { yield 'x'; throw new Error('midway'); })());
                    case 'fail': return void context.fail('no luck');
                    case 'twice': context.succeed('first'); return 'second';
                  }
                };
                """;
        try (Shim shim = Shim.node("index.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("callback").text()).isEqualTo("later");
            assertThat(shim.post("later").text()).isEqualTo("context");
            assertThat(shim.post("value").headers()).containsEntry("content-type", "text/plain; charset=utf-8");
            assertThat(shim.post("promise").text()).isEqualTo("{\"a\":1}");
            assertThat(shim.post("bytes").body()).containsExactly(0, 255);
            assertThat(shim.post("stream").text()).isEqualTo("onetwo");
            assertThatThrownBy(() -> shim.post("broken")).hasRootCauseInstanceOf(ReplyBrokenException.class);
            shim.channel().finish();
            assertThat(shim.post("fail").failure().message()).isEqualTo("no luck");
            assertThat(shim.post("twice").text()).isEqualTo("first");
        }
    }

    @Test
    void servesLambdaHandlersInEveryStyle() throws Exception {
        String source = """
                exports.handler = (event, context, callback) => {
                  if (event.rawPath === '/bare') return Promise.resolve({ a: 1 });
                  if (event.rawPath === '/callback') return void setTimeout(() => callback(null, 'hello'), 1);
                  if (event.rawPath === '/error') return callback(new TypeError('refused'));
                  if (event.rawPath === '/binary') {
                    return Promise.resolve({ statusCode: 200, body: event.body, isBase64Encoded: event.isBase64Encoded });
                  }
                  const remaining = context.getRemainingTimeInMillis();
                  if (!(remaining > 0 && remaining <= 30000)) throw new Error('remaining ' + remaining);
                  return Promise.resolve({ statusCode: 203, cookies: ['a=1', 'b=2'], headers: { 'X-N': 5 },
                    body: JSON.stringify([event, context.awsRequestId, context.functionName, context.functionVersion,
                      context.memoryLimitInMB, context.logStreamName, context.invokedFunctionArn,
                      context.callbackWaitsForEmptyEventLoop, process.env.AWS_LAMBDA_FUNCTION_NAME]) });
                };
                """;
        try (Shim shim = Shim.node("app.js", source).start(HandlerConvention.LAMBDA)) {
            Shim.Answer answer = shim.get("/x", "a=1&a=2", "Host", "h.example", "Cookie", "c=1; d=2");
            assertThat(answer.status()).isEqualTo(203);
            assertThat(answer.headers()).containsEntry("set-cookie", "a=1|b=2").containsEntry("X-N", "5");
            assertThat(answer.text())
                    .contains("\"version\":\"2.0\"", "\"cookies\":[\"c=1\",\"d=2\"]", "{\"a\":\"1,2\"}")
                    .contains("\"sourceIp\":\"192.0.2.7\"", "\"call-1\",\"demo\",\"7\",\"256\",\"i-42\"")
                    .contains("function:demo\",true,\"demo\"]");
            assertThat(shim.get("/bare", "").text()).isEqualTo("{\"a\":1}");
            assertThat(shim.get("/callback", "").text()).isEqualTo("hello");
            assertThat(shim.get("/error", "").failure().type()).isEqualTo("TypeError");
            byte[] binary = {(byte) 0xff, 0, 1};
            assertThat(Shim.call(shim.channel(), "POST", "/binary", "", EventForm.HTTP, binary)
                            .body())
                    .isEqualTo(binary);
        }
    }

    @Test
    void servesRawAndSebsEvents() throws Exception {
        String source = "exports.handler = async (event) => ({ result: event });\n";
        try (Shim shim = Shim.node("function.js", source).start(HandlerConvention.LAMBDA)) {
            assertThat(shim.raw("{\"n\":[1,\"ä\"]}").text()).isEqualTo("{\"result\":{\"n\":[1,\"ä\"]}}");
            assertThat(shim.raw("{").status()).isEqualTo(400);
        }
        try (Shim shim = Shim.node("function.js", source)
                .convention(HandlerConvention.SEBS)
                .start(HandlerConvention.SEBS)) {
            assertThat(shim.post("{\"size\":1}").text()).isEqualTo("{\"result\":{\"size\":1}}");
        }
    }

    @Test
    void findsModulesOfEveryKind() throws Exception {
        try (Shim shim = Shim.node("handler.mjs", "export default async () => 'esm';\n")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("").text()).isEqualTo("esm");
        }
        try (Shim shim = Shim.node("index.js", "export const handler = async () => 'typed';\n")
                .file("package.json", "{\"type\":\"module\"}")
                .start(HandlerConvention.LAMBDA)) {
            assertThat(shim.get("/", "").text()).isEqualTo("typed");
        }
        try (Shim shim = Shim.node("lib/entry.js", "module.exports = () => 'main';\n")
                .file("package.json", "{\"main\":\"lib/entry\"}")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("").text()).isEqualTo("main");
        }
        try (Shim shim = Shim.node("lib/web.js", "exports.serve = async () => 'named';\n")
                .handler("lib/web.serve")
                .start(HandlerConvention.LAMBDA)) {
            assertThat(shim.get("/", "").text()).isEqualTo("named");
        }
    }

    @Test
    void seesItsFilesPackagesAndLayers() throws Exception {
        String source = """
                const parts = [require('./one'), require('two'), require('three'), require('four')];
                module.exports = () => parts.join() + process.cwd().endsWith('/function') + process.env.GREETING;
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .file("one.js", "module.exports = 1")
                .file("node_modules/two/index.js", "module.exports = 2")
                .layer(0, "nodejs/node_modules/three/index.js", "module.exports = 3")
                .layer(1, "node_modules/four/index.js", "module.exports = 4")
                .environment("GREETING", "hallo")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("").text()).isEqualTo("1,2,3,4truehallo");
        }
    }

    @Test
    void reportsErrorsAndStaysUsable() throws Exception {
        String source = """
                module.exports = async (event, context) => {
                  if (event.body === 'header') return context.headers({ X: 'a\\r\\nY: b' }).succeed('');
                  if (event.body === 'status') return context.status(99).succeed('');
                  if (event.body === 'null') throw null;
                  if (event.body !== 'ok') throw new RangeError('nul \\0 ü');
                  console.log('printed'); console.error('complained');
                  return 'fine';
                };
                """;
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            HandlerFailure failure = shim.post("fail").failure();
            assertThat(failure.type()).isEqualTo("RangeError");
            assertThat(failure.message()).isEqualTo("nul \\0 ü");
            assertThat(failure.trace()).contains("handler.js:5");
            assertThat(shim.post("header").failure().message()).contains("control character");
            assertThat(shim.post("status").failure().message()).contains("status 99");
            assertThat(shim.post("null").failure().message()).isEqualTo("null");
            assertThat(shim.post("ok").text()).isEqualTo("fine");
            assertThat(shim.output()).isEqualTo("printed\n");
            assertThat(shim.errors()).isEqualTo("complained\n");
        }
    }

    @Test
    void endsWhenItShould() throws Exception {
        String source = """
                module.exports = async (event) => {
                  if (event.body === 'exit') process.exit(7);
                  setTimeout(() => { throw new Error('uncaught'); }, 1);
                  return new Promise(() => {});
                };
                """;
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThatThrownBy(() -> shim.post("exit")).isInstanceOf(ChannelClosedException.class);
            assertThat(shim.awaitExit()).isEqualTo(7);
        }
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThatThrownBy(() -> shim.post("throw")).isInstanceOf(ChannelClosedException.class);
            assertThat(shim.awaitExit()).isEqualTo(1);
            assertThat(shim.errors()).contains("Error: uncaught");
        }
        try (Shim shim = Shim.node("handler.js", source).channels(2).start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channels.forEach(Channel::close);
            assertThat(shim.awaitExit()).isZero();
        }
        try (Shim shim = Shim.node("handler.js", source).start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel()
                    .init(new ShimSettings(
                            "f", "n", "v", "i", "", HandlerConvention.AUTO, "", 1, 1, 1, List.of(), List.of()));
            assertThat(shim.awaitExit()).isEqualTo(70);
        }
    }

    @Test
    void explainsWhyAHandlerCannotBeLoaded() throws Exception {
        InitResult.InitFailure syntax =
                Shim.node("handler.js", "module.exports = (\n").fail();
        assertThat(syntax.type()).isEqualTo("SyntaxError");
        assertThat(syntax.trace()).contains("handler.js");
        assertThat(Shim.node("handler.js", "exports.x = 1").fail().message())
                .contains("handler.js exports no handler", "exports.handler");
        assertThat(Shim.node("other.js", "").fail().message()).contains("handler.js, index.js, app.js, function.js");
        assertThat(Shim.node("handler.js", "require('nowhere')").fail().message())
                .contains("nowhere");
        assertThat(Shim.node("handler.js", "").handler("handler.serve").fail().message())
                .contains("handler.js exports no function serve");
        assertThat(Shim.node("index.js", "module.exports = () => 1;")
                        .file("package.json", "{")
                        .fail()
                        .message())
                .contains("package.json cannot be read");
    }

    @Test
    void runsInitAndWarmUpBeforeItIsReady() throws Exception {
        String source = """
                const seen = [];
                module.exports = async (event) => {
                  if (event.body === 'bad') throw new Error('cold');
                  seen.push(event.method + event.body);
                  return seen.join();
                };
                module.exports.prepare = async () => { await null; seen.push('init'); };
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .init("prepare")
                .warmUp("a", "b")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post("c").text()).isEqualTo("init,POSTa,POSTb,POSTc");
        }
        assertThat(Shim.node("handler.js", source).warmUp("bad").fail().message())
                .isEqualTo("cold");
    }

    @Test
    void carriesLargeBodiesAndBrokenOnes() throws Exception {
        byte[] body = new byte[5 * 1024 * 1024 + 17];
        new Random(1).nextBytes(body);
        try (Shim shim = Shim.node("handler.js", "module.exports = async (event) => event.body;")
                .environment("RAW_BODY", "true")
                .launch()) {
            Channel channel = shim.channel();
            channel.sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), new ByteArrayInputStream(body), body.length);
            assertThat(channel.awaitReady()).isEqualTo(new InitResult.Ready(HandlerConvention.OPENFAAS_HTTP));
            assertThat(Shim.answer(channel).body()).isEqualTo(body);
            InputStream broken =
                    new SequenceInputStream(new ByteArrayInputStream(new byte[200_000]), new InputStream() {
                        @Override
                        public int read() throws IOException {
                            throw new IOException("caller gone");
                        }
                    });
            channel.sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), broken, -1);
            assertThatThrownBy(channel::receive).hasRootCauseMessage("caller gone");
            channel.finish();
            channel.sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), new ByteArrayInputStream(body), -1);
            assertThat(Shim.answer(channel).body()).isEqualTo(body);
        }
    }

    @Test
    void doesWithoutTheInnerHandles() throws Exception {
        byte[] body = new byte[3_000_000];
        new Random(3).nextBytes(body);
        try (Shim shim = Shim.node("handler.js", "module.exports = async (event) => event.body;")
                .file("unbind.js", "process.binding = () => { throw new Error('not in this version'); };")
                .environment("NODE_OPTIONS", "--require ./function/unbind.js")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.post(body, "content-type", "image/png").body()).isEqualTo(body);
            assertThat(shim.post("text").text()).isEqualTo("text");
            shim.channel().close();
            assertThat(shim.awaitExit()).isZero();
        }
    }

    @Test
    void servesChannelsAtTheSameTime() throws Exception {
        String source = """
                let waiting = [];
                module.exports = (event) => new Promise((resolve) => {
                  waiting.push(() => resolve(event.body));
                  if (waiting.length === 4) waiting.forEach((go) => go());
                });
                """;
        try (Shim shim = Shim.node("handler.js", source).channels(4).start(HandlerConvention.OPENFAAS_HTTP);
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
}
