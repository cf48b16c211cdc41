package dev.instar.runtime;

import static dev.instar.runtime.PythonTemplateTest.assertAwakeByItsFirstCall;
import static dev.instar.runtime.PythonTemplateTest.assertRefusesWhatIsNoWake;
import static dev.instar.runtime.PythonTemplateTest.settings;
import static dev.instar.runtime.PythonTemplateTest.wake;
import static dev.instar.runtime.PythonTemplateTest.wakeForNobody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.runtime.ParkResult.ParkFailure;
import dev.instar.runtime.ParkResult.Parked;
import dev.instar.runtime.WakeResult.Awake;
import dev.instar.runtime.WakeResult.WakeFailure;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node processes that park and wake up. They cannot be forked, so tests look at what a clone would have inherited. */
@Timeout(60)
class NodeTemplateTest {
    @Test
    void takesIdentityAndEnvironmentAndItsFirstCallAtOnce() throws Exception {
        String source = """
                exports.handler = async (event, context) => {
                  const child = require('child_process').execFileSync('/usr/bin/env', { encoding: 'utf8' });
                  return JSON.stringify([Object.entries(process.env).filter(([name]) => !/^AWS|LAMBDA|_HANDLER/.test(name)).sort(),
                    child.includes('OLD'), context.functionName, context.functionVersion, context.logStreamName,
                    process.env.AWS_LAMBDA_FUNCTION_NAME, process.env.AWS_LAMBDA_INITIALIZATION_TYPE, process.pid, process.execArgv]);
                };
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .template()
                .environment("OLD", "1")
                .start(HandlerConvention.LAMBDA)) {
            assertThat(shim.get("/", "").text()).contains("OLD");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            shim.channel().wake(settings("a"), false);
            shim.channel().sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new Awake());
            assertThat(Shim.answer(shim.channel()).text())
                    .isEqualTo("[[[\"NEW\",\"ä=1\"],[\"PATH\",\"/usr/bin:/bin\"]],false,\"demo2\",\"8\",\"i-43\","
                            + "\"demo2\",\"snap-start\"," + shim.process.pid() + ",[]]");
            assertThat(shim.get("/", "").status()).isEqualTo(200);
            assertThat(shim.channel().park()).isInstanceOf(ParkFailure.class);
            assertThat(shim.get("/", "").status()).isEqualTo(200);
        }
    }

    @Test
    void keepsVariablesThatTheFunctionHasSetItself() throws Exception {
        String source = """
                process.env.OWN = 'own';
                process.env.OLD = 'changed';
                delete process.env.GONE;
                module.exports = () => [process.env.OWN, process.env.OLD, process.env.GONE, process.env.NEW].join();
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .template()
                .environment("OLD", "1")
                .environment("GONE", "1")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            Map<String, String> variables = Map.of("PATH", "/usr/bin:/bin", "OLD", "1", "GONE", "1", "NEW", "new");
            shim.channel().wake(new WakeSettings("f", "n", "1", "i", "h", "a".repeat(128), variables), false);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new Awake());
            assertThat(shim.get("/", "").text()).isEqualTo("own,changed,,new");
        }
    }

    @Test
    void readsItsProcessIdAnew() throws Exception {
        String source = """
                Object.defineProperty(process, 'pid', { value: 1, configurable: true, enumerable: true });
                module.exports = () => String(process.pid);
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).isEqualTo("1");
            shim.channel().park();
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo(Long.toString(shim.process.pid()));
        }
    }

    @Test
    void mathRandomDependsOnTheEntropyAlone() throws Exception {
        String source = """
                const { random } = Math;
                random();
                module.exports = () => {
                  const values = Array.from({ length: 20000 }, random);
                  if (!values.every((value) => value >= 0 && value < 1)) throw new Error('out of range');
                  const tenths = new Array(10).fill(0);
                  for (const value of values) tenths[Math.floor(value * 10)]++;
                  if (!tenths.every((count) => count > 1700 && count < 2300)) throw new Error('uneven: ' + tenths);
                  return [...values.slice(0, 3), Math.random()].join();
                };
                """;
        List<String> drawn = new ArrayList<>();
        for (String digit : List.of("a", "a", "b")) {
            try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
                drawn.add(shim.get("/", "").text());
                shim.channel().park();
                wake(shim.channel(), digit);
                drawn.add(shim.get("/", "").text());
                drawn.add(shim.get("/", "").text());
            }
        }
        assertThat(drawn.subList(4, 6)).isEqualTo(drawn.subList(1, 3));
        List<String> different = new ArrayList<>(drawn);
        different.subList(4, 6).clear();
        assertThat(different).doesNotContain("").doesNotHaveDuplicates();
    }

    @Test
    void holdsNoUuidsDrawnInAdvance() throws Exception {
        // Node keeps the batch of 128 UUIDs, and one drawn by itself, in OpenSSL's secure heap, and nothing else here.
        String source = """
                import { randomUUID, secureHeapUsed } from 'node:crypto';
                import crypto from 'crypto';
                const uuids = new Set([randomUUID(), crypto.randomUUID({}), crypto.webcrypto.randomUUID(), globalThis.crypto.randomUUID()]);
                try {
                  randomUUID(7);
                  uuids.clear();
                } catch (error) {
                  if (error.code !== 'ERR_INVALID_ARG_TYPE') throw error;
                }
                export const handle = () => secureHeapUsed().used + ' ' + uuids.add(randomUUID()).size + ' ' + secureHeapUsed().used;
                """;
        try (Shim shim = Shim.node("handler.mjs", source)
                .template()
                .environment("NODE_OPTIONS", "--secure-heap=65536")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).isEqualTo("16 5 16");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo("16 6 2064");
        }
    }

    @Test
    void holdsNoIntegersDrawnInAdvance() throws Exception {
        String source = """
                const crypto = require('crypto');
                const draw = () => {
                  const { readUIntBE } = Buffer.prototype;
                  let store;
                  Buffer.prototype.readUIntBE = function (offset, length) {
                    store = [offset, Buffer.from(this)];
                    return readUIntBE.call(this, offset, length);
                  };
                  crypto.randomInt(10);
                  Buffer.prototype.readUIntBE = readUIntBE;
                  return store;
                };
                crypto.randomInt(10);
                const [, before] = draw();
                module.exports = () => {
                  const [offset, after] = draw();
                  let same = 0;
                  for (let i = 0; i < after.length; i += 6) same += before.indexOf(after.subarray(i, i + 6)) >= 0;
                  return [offset, after.length, same].join();
                };
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).isEqualTo("12,6144,1024");
            shim.channel().park();
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo("0,6144,0");
        }
    }

    @Test
    void refillsStoresOfRandomBytes() throws Exception {
        String source = """
                const crypto = require('crypto');
                const pool = crypto.randomFillSync(Buffer.allocUnsafe(256));
                const part = new Uint32Array(100);
                crypto.randomFillSync(part, 10, 80);
                const web = globalThis.crypto.getRandomValues(new Uint8Array(512));
                const other = crypto.getRandomValues(new Uint8Array(512));
                const whole = crypto.randomFillSync(new ArrayBuffer(200));
                const changed = crypto.randomFillSync(Buffer.alloc(256));
                changed[7] ^= 1;
                const key = crypto.randomBytes(32);
                const all = { pool, part, web, other, whole: new Uint8Array(whole), changed, key };
                const copies = Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, Buffer.from(Uint8Array.from(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)))]));
                for (let i = 0; i < 100; i++) crypto.randomBytes(64);
                module.exports = () => Object.entries(all).filter(([name, bytes]) => {
                  const now = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
                  return !now.equals(copies[name]) && [...now].filter((byte, at) => byte === copies[name][at]).length < bytes.byteLength / 2;
                }).map(([name]) => name).join();
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).isEmpty();
            assertThat(shim.channel().park())
                    .isInstanceOfSatisfying(
                            Parked.class,
                            parked -> assertThat(parked.warnings())
                                    .singleElement()
                                    .asString()
                                    .startsWith("1 buffer of random bytes drawn before the capture"));
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo("pool,part,web,other,whole");
        }
    }

    @Test
    void runsHooksInOrder() throws Exception {
        String common = """
                const seen = [];
                const later = (text) => () => new Promise((resolve) => { setTimeout(() => { seen.push(text); resolve(); }, 1); });
                beforeCheckpoint(later('before-1'));
                beforeCheckpoint(() => { seen.push('before-2'); });
                afterRestore(later('after-1'));
                afterRestore(() => { seen.push('after-2 ' + process.env.NEW); });
                """;
        String commonJs = "const { beforeCheckpoint, afterRestore } = require('instar');\n" + common + """
                exports.handle = () => seen.join(' ');
                exports.before_checkpoint = () => seen.push('before-own');
                exports.afterRestore = async () => seen.push('after-own');
                """;
        String module = "import { beforeCheckpoint as b, afterRestore as a } from 'instar';\n"
                + "const beforeCheckpoint = b, afterRestoreHook = a;\n"
                + common.replace("afterRestore(", "afterRestoreHook(") + """
                export const handle = () => seen.join(' ');
                const own = () => seen.push('before-own');
                export { own as beforeCheckpoint };
                export const afterRestore = async () => seen.push('after-own');
                """;
        for (boolean template : List.of(true, false)) {
            for (Shim.Builder builder : List.of(Shim.node("handler.js", commonJs), Shim.node("handler.mjs", module))) {
                try (Shim shim = (template ? builder.template() : builder).start(HandlerConvention.OPENFAAS_HTTP)) {
                    ParkResult result = shim.channel().park();
                    if (!template) {
                        assertThat(result)
                                .isEqualTo(new ParkFailure(
                                        "HandlerError", "this instance was not started to become a template", ""));
                        assertThat(shim.get("/", "").text()).isEmpty();
                        continue;
                    }
                    assertThat(result).isEqualTo(new Parked(List.of()));
                    wake(shim.channel(), "a");
                    assertThat(shim.get("/", "").text())
                            .isEqualTo("before-own before-2 before-1 after-1 after-2 ä=1 after-own");
                }
            }
        }
    }

    @Test
    void servesOnWhenAHookBeforeTheCaptureFails() throws Exception {
        String source = """
                let fail = true;
                exports.beforeCheckpoint = async () => { if (fail) throw new RangeError('not now'); };
                exports.handle = () => { fail = false; return 'served'; };
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.channel().park()).isInstanceOfSatisfying(ParkFailure.class, failure -> {
                assertThat(failure.type()).isEqualTo("RangeError");
                assertThat(failure.message()).isEqualTo("not now");
                assertThat(failure.trace()).contains("handler.js:2");
            });
            assertThat(shim.get("/", "").text()).isEqualTo("served");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
        }
    }

    @Test
    void endsWhenAHookAfterTheRestoreFails() throws Exception {
        String source = """
                exports.afterRestore = async () => { console.log('restoring'); throw new Error('no database'); };
                exports.handle = () => 'served';
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            shim.channel().wake(settings("a"), false);
            shim.channel().sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake())
                    .isInstanceOfSatisfying(
                            WakeFailure.class,
                            failure -> assertThat(failure.message()).isEqualTo("no database"));
            assertThat(shim.awaitExit()).isEqualTo(1);
            assertThat(shim.output()).isEqualTo("restoring\n");
        }
    }

    @Test
    void holdsCallsOfOtherChannelsUntilItIsAwake() throws Exception {
        String source = "module.exports = () => process.env.NEW ?? 'none';\n";
        try (Shim shim =
                Shim.node("handler.js", source).template().channels(3).start(HandlerConvention.OPENFAAS_HTTP)) {
            for (Channel channel : shim.channels) {
                assertThat(Shim.call(channel, "GET", "/", "", EventForm.HTTP, new byte[0])
                                .text())
                        .isEqualTo("none");
            }
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            for (Channel channel : shim.channels.subList(1, 3)) {
                channel.sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            }
            wake(shim.channel(), "a");
            for (Channel channel : shim.channels.subList(1, 3)) {
                assertThat(Shim.answer(channel).text()).isEqualTo("ä=1");
            }
            assertThat(shim.get("/", "").text()).isEqualTo("ä=1");
        }
    }

    @Test
    void refusesToParkWhileACallRuns() throws Exception {
        String source = """
                let answer;
                module.exports = (event, context, callback) => {
                  if (event.path === '/wait') answer = callback;
                  else { answer(null, 'late'); callback(null, 'now'); }
                };
                module.exports.beforeCheckpoint = () => { if (answer === undefined) throw new Error('not yet'); };
                """;
        try (Shim shim =
                Shim.node("handler.js", source).template().channels(3).start(HandlerConvention.OPENFAAS_HTTP)) {
            Channel waiting = shim.channels.get(1);
            waiting.sendInvoke(Shim.head("GET", "/wait", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            Channel third = shim.channels.get(2);
            // The event loop may look at the first channel before the second; then the hook keeps it from parking.
            assertThat(shim.channel().park())
                    .isInstanceOfSatisfying(
                            ParkFailure.class,
                            failure -> assertThat(failure.message()).isIn("a call is under way", "not yet"));
            assertThat(Shim.call(third, "GET", "/", "", EventForm.HTTP, new byte[0])
                            .text())
                    .isEqualTo("now");
            assertThat(Shim.answer(waiting).text()).isEqualTo("late");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
        }
    }

    @Test
    void closesTheConnectionsOfSharedAgents() throws Exception {
        String source = """
                const http = require('http');
                let server;
                exports.init = async () => {
                  server = http.createServer((request, response) => response.end('x'));
                  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
                  const url = 'http://127.0.0.1:' + server.address().port;
                  await (await fetch(url)).text();
                  await new Promise((resolve) => {
                    http.get(url, (response) => { response.resume(); response.on('end', resolve); });
                  });
                };
                exports.beforeCheckpoint = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
                exports.handle = async () => {
                  await exports.init();
                  await exports.beforeCheckpoint();
                  return 'fetched';
                };
                """;
        try (Shim shim =
                Shim.node("handler.js", source).template().init("init").start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo("fetched");
        }
    }

    @Test
    void warnsOfWhatClonesWouldShare() throws Exception {
        String source = """
                const child_process = require('child_process');
                const fs = require('fs');
                const net = require('net');
                const { Worker } = require('worker_threads');
                const held = {};
                exports.init = async () => {
                  held.server = net.createServer();
                  await new Promise((resolve) => { held.server.listen(0, '127.0.0.1', resolve); });
                  held.client = net.connect(held.server.address().port, '127.0.0.1');
                  await new Promise((resolve) => { held.client.once('connect', resolve); });
                  held.local = net.createServer();
                  await new Promise((resolve) => { held.local.listen('../socket', resolve); });
                  held.unix = net.connect('../socket');
                  await new Promise((resolve) => { held.unix.once('connect', resolve); });
                  process.stdout.write('');
                  held.child = child_process.spawn('sleep', ['1000'], { stdio: 'ignore' });
                  held.timer = setInterval(() => {}, 1e6);
                  held.worker = new Worker('setInterval(() => {}, 1e6)', { eval: true });
                  await new Promise((resolve) => { held.worker.once('online', resolve); });
                  held.file = fs.openSync(process.env.FILE, 'w');
                  held.readOnly = fs.openSync('/etc/passwd');
                };
                exports.handle = async () => {
                  held.client.destroy();
                  held.server.close();
                  held.unix.destroy();
                  held.local.close();
                  const exited = new Promise((resolve) => { held.child.once('exit', resolve); });
                  held.child.kill();
                  clearInterval(held.timer);
                  await held.worker.terminate();
                  await exited;
                  fs.closeSync(held.file);
                  return 'closed';
                };
                """;
        try (Shim shim = Shim.node("handler.js", source)
                .template()
                .environment("FILE", "../written")
                .init("init")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            List<String> warnings = ((Parked) shim.channel().park()).warnings();
            assertThat(warnings)
                    .anyMatch(text -> text.matches("a server listening on 127.0.0.1 port \\d+: .*; close it in .*"))
                    .anyMatch(
                            text -> text.matches("a connection to 127.0.0.1 port \\d+: it cannot be cloned; close .*"))
                    .anyMatch(text -> text.matches("a server listening on ../socket: .*"))
                    .anyMatch(text -> text.matches("a connection on descriptor \\d+: it cannot be cloned; close .*"))
                    .anyMatch(text -> text.matches("child process \\d+ \\(sleep\\): .*"))
                    .anyMatch(text -> text.startsWith("1 timer pending: "))
                    .anyMatch(text -> text.startsWith("worker thread 1: "))
                    .anyMatch(text -> text.matches("descriptor \\d+ is the open file /.*/written: .*"))
                    .noneMatch(text -> text.contains("passwd"));
            wake(shim.channel(), "a");
            assertThat(shim.get("/", "").text()).isEqualTo("closed");
        }
        String hook = source + "exports.beforeCheckpoint = exports.handle;\n";
        try (Shim shim = Shim.node("handler.js", hook)
                .template()
                .environment("FILE", "../written")
                .init("init")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
        }
    }

    @Test
    void endsWithItsChannelWhileParked() throws Exception {
        try (Shim shim = Shim.node("handler.js", "module.exports = () => '';\n")
                .template()
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            shim.channel().close();
            assertThat(shim.awaitExit()).isZero();
        }
    }

    @Test
    void isAwakeByItsFirstCallIfNoneWaited() throws Exception {
        String source = """
                const first = Math.random();
                module.exports = async (event, context) =>
                  context.succeed([process.env.NEW, process.pid > 0, first !== Math.random()].join(' '));
                """;
        assertAwakeByItsFirstCall(() -> Shim.node("handler.js", source), "ä=1 true true");
    }

    /**
     * Where nothing of the function's can run before its first call, waking up is left until then, and nobody can tell.
     */
    @Test
    void aTimerFindsItselfAwakeWithoutACall() throws Exception {
        String source = """
                const timer = setInterval(() => {
                  if (process.env.NEW !== undefined) {
                    require('fs').writeSync(1, 'awake');
                    clearInterval(timer);
                  }
                }, 10);
                module.exports = async (event, context) => context.succeed(process.env.NEW);
                """;
        try (Shim shim = Shim.node("handler.js", source).template().start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            wakeForNobody(shim.channel());
            await().untilAsserted(() -> assertThat(shim.output()).isEqualTo("awake"));
            assertThat(shim.post("").text()).isEqualTo("ä=1");
        }
    }

    @Test
    void refusesWhatIsNoWake() throws Exception {
        assertRefusesWhatIsNoWake(
                () -> Shim.node("handler.js", "module.exports = () => '';\n"), HandlerConvention.OPENFAAS_HTTP);
    }

    @Test
    void endsOnAFrameOutOfTurn() throws Exception {
        for (boolean parked : List.of(true, false)) {
            try (Shim shim = Shim.node("handler.js", "module.exports = () => '';\n")
                    .template()
                    .start(HandlerConvention.OPENFAAS_HTTP)) {
                if (parked) {
                    shim.channel().park();
                    shim.channel()
                            .sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
                } else {
                    shim.channel().wake(settings("a"), false);
                }
                assertThat(shim.awaitExit()).isEqualTo(70);
                assertThat(shim.errors()).contains(parked ? "a frame of type 2" : "a frame of type 5");
            }
        }
    }
}
