package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.runtime.ParkResult.ParkFailure;
import dev.instar.runtime.ParkResult.Parked;
import dev.instar.runtime.WakeResult.Awake;
import dev.instar.runtime.WakeResult.WakeFailure;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Python processes that park and wake up. Where clones matter, the parked process forks behind the interpreter's back.
 */
@Timeout(60)
class PythonTemplateTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin", "NEW", "ä=1");

    @TempDir
    private Path directory;

    /** Settings with an entropy made of one hexadecimal digit. */
    static WakeSettings settings(String digit) {
        return new WakeSettings("demo2", "team2", "8", "i-43", "host-" + digit, digit.repeat(128), ENVIRONMENT);
    }

    static void wake(Channel channel, String digit) {
        channel.wake(settings(digit), false);
        assertThat(channel.awaitAwake()).isEqualTo(new Awake());
    }

    /** As when no call waits. */
    static void wakeForNobody(Channel channel) {
        channel.wake(settings("a"), true);
        assertThat(channel.awaitAwake()).isEqualTo(new Awake());
    }

    /** A process that was woken up for nobody answers its calls with this, and ends with its channel. */
    static void assertAwakeByItsFirstCall(Supplier<Shim.Builder> shims, String answer) throws Exception {
        try (Shim shim = shims.get().template().start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            wakeForNobody(shim.channel());
            assertThat(shim.post("").text()).isEqualTo(answer);
            assertThat(shim.post("").text()).isEqualTo(answer);
        }
        try (Shim shim = shims.get().template().start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            wakeForNobody(shim.channel());
            shim.channel().close();
            assertThat(shim.awaitExit()).isZero();
        }
    }

    /** Frames that are almost a WAKE end a parked process with status 70. */
    static void assertRefusesWhatIsNoWake(Supplier<Shim.Builder> shims, HandlerConvention convention) throws Exception {
        String before = "function\0f\0namespace\0n\0version\0007\0instance\0i\0hostname\0h\0entropy\0";
        List<byte[]> frames = List.of(
                frame(before + "a".repeat(126) + "\0", 0, 0),
                frame(before + "a".repeat(128) + "\0x", 0, 0),
                frame(before + "a".repeat(128) + "\0", 2, 0),
                frame(before + "a".repeat(128) + "\0", 0, 1));
        for (byte[] frame : frames) {
            try (Shim shim = shims.get().template().start(convention)) {
                shim.channel().park();
                shim.write(frame);
                assertThat(shim.awaitExit()).isEqualTo(70);
            }
        }
    }

    private static byte[] frame(String head, int flags, int reserved) {
        byte[] bytes = head.getBytes(StandardCharsets.UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(bytes.length).putInt(0).put((byte) 5).put((byte) flags).put(12, (byte) reserved);
        return frame.position(16).put(bytes).array();
    }

    @Test
    void refusesWhatIsNoWake() throws Exception {
        assertRefusesWhatIsNoWake(
                () -> Shim.python("handler.py", "def handle(req): pass\n"), HandlerConvention.OPENFAAS_CLASSIC);
    }

    /** Its class has methods of its own in place of those that seed and tell the state. */
    @Test
    void theGeneratorOfTheModuleRandomMayBeReplaced() throws Exception {
        String source = """
                import ctypes, random
                random._inst = random.SystemRandom()
                def handle(req):
                    return "well"
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.channel().park()).isInstanceOf(Parked.class);
            wake(shim.channel(), "a");
            assertThat(shim.post("").text()).isEqualTo("well");
        }
    }

    @Test
    void takesIdentityAndEnvironmentAndItsFirstCallAtOnce() throws Exception {
        String source = """
                import os, subprocess
                def handle(event, context):
                    child = subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout
                    return repr([sorted(os.environ.items()), sorted(child.split("\\n")), context.hostname,
                                 context.function_name, context.namespace])
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .template()
                .environment("OLD", "1")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            assertThat(shim.get("/", "").text()).contains("OLD");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            shim.channel().wake(settings("a"), false);
            shim.channel().sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new Awake());
            assertThat(Shim.answer(shim.channel()).text())
                    .isEqualTo("[[('NEW', 'ä=1'), ('PATH', '/usr/bin:/bin')], "
                            + "['', 'NEW=ä=1', 'PATH=/usr/bin:/bin'], 'host-a', 'demo2', 'team2']");
        }
    }

    @Test
    void keepsVariablesThatTheFunctionHasSetItself() throws Exception {
        String source = """
                import os
                os.environ["OWN"] = "own"
                os.environ["OLD"] = "changed"
                del os.environ["GONE"]
                def handle(event, context):
                    return os.popen("echo $OWN,$OLD,$GONE,$NEW").read() + str(os.environ.get("GONE")) + os.environ["OWN"]
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .template()
                .environment("OLD", "1")
                .environment("GONE", "1")
                .start(HandlerConvention.OPENFAAS_HTTP)) {
            shim.channel().park();
            Map<String, String> variables = Map.of("PATH", "/usr/bin:/bin", "OLD", "1", "GONE", "1", "NEW", "new");
            shim.channel().wake(new WakeSettings("f", "n", "1", "i", "h", "a".repeat(128), variables), false);
            assertThat(shim.channel().awaitAwake()).isEqualTo(new Awake());
            assertThat(shim.get("/", "").text()).isEqualTo("own,changed,,new\nNoneown");
        }
    }

    @Test
    void replacesTheEnvironmentWhereOsWasNeverImported() throws Exception {
        String source = """
                import posix, sys
                def handle(req):
                    assert "os" not in sys.modules
                    import os, time
                    return repr([sorted(os.environ.items()), os.popen("echo $NEW$OLD").read()])
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .template()
                .environment("OLD", "1")
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            // The interpreter that tests start without -I loads no os either, so this is as it is in a sandbox.
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            wake(shim.channel(), "a");
            assertThat(shim.post("").text()).isEqualTo("[[('NEW', 'ä=1'), ('PATH', '/usr/bin:/bin')], 'ä=1\\n']");
        }
    }

    @Test
    void tellsLambdaHandlersWhoTheyAre() throws Exception {
        String source = """
                import os
                def lambda_handler(event, context):
                    return [context.function_name, context.function_version, context.log_stream_name,
                            os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
                            os.environ["_HANDLER"]]
                """;
        try (Shim shim = Shim.python("lambda_function.py", source).template().start(HandlerConvention.LAMBDA)) {
            shim.channel().park();
            wake(shim.channel(), "a");
            assertThat(shim.raw("{}").text())
                    .isEqualTo(
                            "[\"demo2\", \"8\", \"i-43\", \"demo2\", \"snap-start\", \"lambda_function.lambda_handler\"]");
        }
    }

    @Test
    void followsTheTimeZoneOfTheNewEnvironment() throws Exception {
        String source = """
                import time
                def handle(req):
                    return repr([time.tzname[0], time.localtime(0).tm_hour])
                """;
        try (Shim shim = Shim.python("handler.py", source)
                .template()
                .environment("TZ", "AAA-5")
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEqualTo("['AAA', 5]");
            shim.channel().park();
            wake(shim.channel(), "a");
            assertThat(shim.post("").text()).isEqualTo("['UTC', 0]");
        }
    }

    /**
     * Everything that clones could have in common has been used before the capture, and is used again in the clones.
     */
    private static final String DRAW = """
            import ctypes, multiprocessing, multiprocessing.synchronize, os, platform, random, secrets, signal, socket, ssl
            import sys, tempfile, threading, uuid, numpy
            from numpy.random import default_rng, RandomState, SFC64, Generator
            libc = ctypes.PyDLL(None)
            fixed = default_rng(42)
            unseeded = default_rng()
            other = Generator(SFC64())
            state = RandomState()
            def clone(*_):
                # Not os.fork: Python and numpy would know.
                if libc.fork() == 0:
                    own = socket.socket(socket.AF_UNIX)
                    own.connect(sys.path_of_clones)
                    os.dup2(own.fileno(), 3)
                    own.close()
            sys.path_of_clones = os.environ["CLONES"]
            signal.signal(signal.SIGUSR1, clone)
            def draw():
                values = [random.random(), random.gauss(0, 1), random.getrandbits(64), random.choice(range(1 << 60)),
                    numpy.random.rand(), numpy.random.standard_normal(), numpy.random.randint(1 << 60),
                    unseeded.random(), unseeded.integers(1 << 60), other.random(), state.rand(), state.normal(),
                    secrets.token_hex(16), os.urandom(16), ssl.RAND_bytes(16), uuid.uuid4(), uuid.uuid1(),
                    uuid.uuid1().node, next(tempfile._get_candidate_names()), tempfile.mktemp(),
                    bytes(multiprocessing.current_process().authkey), multiprocessing.synchronize.SemLock._make_name()]
                assert fixed.random() > 0
                assert threading.get_native_id() == threading.main_thread().native_id == os.getpid()
                assert platform.node() == socket.gethostname()
                return values
            draw()
            # Odd numbers of normal variates leave one waiting.
            random.gauss(0, 1)
            numpy.random.standard_normal()
            """;

    @Test
    void clonesShareNoRandomNumbers() throws Exception {
        String source = DRAW + """
                def handle(req):
                    return "\\n".join(map(repr, draw()))
                """;
        Path socket = directory.resolve("clones");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (Shim shim = Shim.python("handler.py", source)
                    .template()
                    .environment("CLONES", socket.toString())
                    .start(HandlerConvention.OPENFAAS_CLASSIC)) {
                ParkResult parked = shim.channel().park();
                assertThat(parked)
                        .isInstanceOfSatisfying(
                                Parked.class,
                                result -> assertThat(result.warnings())
                                        .singleElement()
                                        .asString()
                                        .startsWith(
                                                "numpy.random.PCG64 in handler.fixed, made with a seed: every instance"));
                List<String> all = new ArrayList<>();
                List<Channel> clones = new ArrayList<>();
                try {
                    for (String digit : List.of("a", "b", "c")) {
                        clones.add(clone(shim, server, digit));
                    }
                    clones.add(shim.channel());
                    wake(shim.channel(), "d");
                    for (Channel channel : clones) {
                        for (int i = 0; i < 3; i++) {
                            Shim.Answer answer = Shim.call(channel, "POST", "/", "", EventForm.HTTP, new byte[0]);
                            assertThat(answer.failure()).isNull();
                            List<String> values =
                                    new ArrayList<>(answer.text().lines().toList());
                            if (i > 0) {
                                // A clone keeps its node and its key.
                                values.remove(20);
                                values.remove(17);
                            }
                            all.addAll(values);
                        }
                    }
                } finally {
                    clones.forEach(Channel::close);
                }
                assertThat(all).hasSize(4 * (22 + 20 + 20)).doesNotHaveDuplicates();
            }
        }
    }

    private static Channel clone(Shim shim, ServerSocketChannel server, String digit) throws Exception {
        assertThat(new ProcessBuilder("kill", "-USR1", Long.toString(shim.process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        Channel channel = new Channel(server.accept());
        wake(channel, digit);
        return channel;
    }

    @Test
    void aStreamDependsOnTheEntropyAlone() throws Exception {
        List<String> drawn = drawnAroundWakes("""
                import random
                random.seed(1)
                def handle(req):
                    return repr(random.random())
                """);
        assertThat(drawn.get(0)).isEqualTo(drawn.get(2)).isEqualTo(drawn.get(4));
        assertThat(drawn.get(1)).isEqualTo(drawn.get(3)).isNotEqualTo(drawn.get(0));
        assertThat(drawn.get(5)).isNotEqualTo(drawn.get(1));
    }

    @Test
    void aStreamWhoseKeyIsKnownComesFromTheKernel() throws Exception {
        List<String> drawn = drawnAroundWakes("""
                import random, numpy.random
                random.seed(1)
                numpy.random.seed(1)
                random.gauss(0, 1)
                def handle(req):
                    return repr([random.random(), random.gauss(0, 1), numpy.random.rand(), numpy.random.randn()])
                """);
        assertThat(drawn.get(0)).isEqualTo(drawn.get(2)).isEqualTo(drawn.get(4));
        List<String> numbers = Stream.of(0, 1, 3, 5)
                .flatMap(call -> Stream.of(drawn.get(call).split("[\\[\\], ]+", -1)))
                .filter(number -> !number.isEmpty())
                .toList();
        assertThat(numbers).hasSize(16).doesNotHaveDuplicates();
    }

    /**
     * What three processes of a function answer before and after they were woken up, the first two by the same frame.
     */
    private static List<String> drawnAroundWakes(String source) throws Exception {
        List<String> drawn = new ArrayList<>();
        for (String digit : List.of("a", "a", "b")) {
            try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
                drawn.add(shim.post("").text());
                shim.channel().park();
                wake(shim.channel(), digit);
                drawn.add(shim.post("").text());
            }
        }
        return drawn;
    }

    @Test
    void isAwakeByItsFirstCallIfNoneWaited() throws Exception {
        String source = """
                import os, random
                first = random.random()
                def handle(event, context):
                    return repr([os.environ["NEW"], context.hostname, first != random.random()])
                """;
        assertAwakeByItsFirstCall(
                () -> Shim.python("handler.py", source),
                "['ä=1', '" + settings("a").hostname() + "', True]");
    }

    /**
     * Where nothing of the function's can run before its first call, waking up is left until then, and nobody can tell.
     */
    @Test
    void aThreadFindsItselfAwakeWithoutACall() throws Exception {
        String source = """
                import os, threading, time
                def watch():
                    while "NEW" not in os.environ:
                        time.sleep(0.01)
                    os.write(1, b"awake")
                threading.Thread(target=watch, daemon=True).start()
                def handle(req):
                    return os.environ["NEW"]
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            shim.channel().park();
            wakeForNobody(shim.channel());
            await().untilAsserted(() -> assertThat(shim.output()).isEqualTo("awake"));
            assertThat(shim.post("").text()).isEqualTo("ä=1");
        }
    }

    private static final String HOOKS = """
            import random
            seen = []
            first = random.random()
            %s
            @register_before_snapshot
            def one():
                seen.append("before-1")
            register_before_snapshot(seen.append, "before-2")
            @register_after_restore
            def two():
                seen.append("after-1")
            register_after_restore(lambda *, value: seen.append(value), value="after-2")
            async def before_checkpoint():
                seen.append("before-own")
            def after_restore():
                import os
                seen.append("after-own-" + os.environ["NEW"])
            def handle(req):
                return " ".join(seen)
            """;

    @Test
    void runsHooksInOrder() throws Exception {
        String own = """
                _before, _after = [], []
                def register_before_snapshot(func, *args, **kwargs):
                    _before.append((func, args, kwargs))
                    return func
                def register_after_restore(func, *args, **kwargs):
                    _after.append((func, args, kwargs))
                    return func
                def get_before_snapshot(): return _before
                def get_after_restore(): return _after
                """;
        String importing = "from snapshot_restore_py import register_before_snapshot, register_after_restore";
        for (boolean bundled : List.of(false, true)) {
            Shim.Builder builder = Shim.python("handler.py", HOOKS.formatted(importing));
            if (bundled) {
                builder.file("snapshot_restore_py.py", own);
            }
            try (Shim shim = builder.template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
                assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
                wake(shim.channel(), "a");
                String all = "before-own before-2 before-1 after-1 after-2 after-own-ä=1";
                assertThat(shim.post("").text()).isEqualTo(all);
                assertThat(shim.channel().park()).isInstanceOf(ParkFailure.class);
                assertThat(shim.post("").text()).isEqualTo(all);
            }
        }
    }

    @Test
    void hooksDoNotDisturbColdStarts() throws Exception {
        String importing = "from snapshot_restore_py import register_before_snapshot, register_after_restore";
        try (Shim shim =
                Shim.python("handler.py", HOOKS.formatted(importing)).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.post("").text()).isEmpty();
            assertThat(shim.channel().park())
                    .isEqualTo(
                            new ParkFailure("HandlerError", "this instance was not started to become a template", ""));
            assertThat(shim.post("").text()).isEmpty();
        }
    }

    @Test
    void servesOnWhenAHookBeforeTheCaptureFails() throws Exception {
        String source = """
                import sys
                fail = True
                def before_checkpoint():
                    if fail:
                        sys.exit("not now")
                def handle(req):
                    global fail
                    fail = False
                    return "served"
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.channel().park()).isInstanceOfSatisfying(ParkFailure.class, failure -> {
                assertThat(failure.type()).isEqualTo("SystemExit");
                assertThat(failure.message()).isEqualTo("not now");
                assertThat(failure.trace()).contains("in before_checkpoint");
            });
            assertThat(shim.post("").text()).isEqualTo("served");
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
        }
    }

    @Test
    void endsWhenAHookAfterTheRestoreFails() throws Exception {
        String source = """
                def after_restore():
                    print("restoring")
                    raise OSError("no database")
                def handle(req):
                    return "served"
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            shim.channel().park();
            shim.channel().wake(settings("a"), false);
            shim.channel().sendInvoke(Shim.head("GET", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            assertThat(shim.channel().awaitAwake()).isInstanceOfSatisfying(WakeFailure.class, failure -> {
                assertThat(failure.type()).isEqualTo("OSError");
                assertThat(failure.message()).isEqualTo("no database");
                assertThat(failure.trace()).contains("in after_restore").doesNotContain("template.py");
            });
            assertThat(shim.awaitExit()).isEqualTo(1);
            assertThat(shim.output()).isEqualTo("restoring\n");
        }
    }

    @Test
    void holdsCallsOfOtherChannelsUntilItIsAwake() throws Exception {
        String source = """
                import os
                def handle(req):
                    return os.environ.get("NEW", "none")
                """;
        try (Shim shim =
                Shim.python("handler.py", source).template().channels(3).start(HandlerConvention.OPENFAAS_CLASSIC)) {
            for (Channel channel : shim.channels) {
                assertThat(Shim.call(channel, "POST", "/", "", EventForm.HTTP, new byte[0])
                                .text())
                        .isEqualTo("none");
            }
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            for (Channel channel : shim.channels.subList(1, 3)) {
                channel.sendInvoke(Shim.head("POST", "/", "", EventForm.HTTP), InputStream.nullInputStream(), 0);
            }
            wake(shim.channel(), "a");
            for (Channel channel : shim.channels.subList(1, 3)) {
                assertThat(Shim.answer(channel).text()).isEqualTo("ä=1");
            }
            assertThat(shim.post("").text()).isEqualTo("ä=1");
        }
    }

    @Test
    void warnsOfWhatClonesWouldShare() throws Exception {
        String source = """
                import asyncio, os, random, socket, sqlite3, subprocess, threading, tempfile
                from numpy.random import RandomState
                server = socket.create_server(("127.0.0.1", 0))
                client = socket.create_connection(server.getsockname())
                idle = socket.socket()
                database = sqlite3.connect(":memory:")
                gone = sqlite3.connect(":memory:")
                gone.close()
                generator = random.Random(7)
                system = random.SystemRandom()
                legacy = RandomState(3)
                read_only = open("/etc/passwd")
                writing = tempfile.TemporaryFile()
                child = subprocess.Popen(["sleep", "1000"])
                loop = asyncio.new_event_loop()
                stop = threading.Event()
                thread = threading.Thread(target=stop.wait, name="ticker", daemon=True)
                thread.start()
                next(tempfile._get_candidate_names())
                def handle(req):
                    for thing in server, client, database, writing, loop:
                        thing.close()
                    child.kill(), child.wait()
                    stop.set(), thread.join()
                    global generator, legacy
                    del generator, legacy
                    return "closed"
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            List<String> warnings = ((Parked) shim.channel().park()).warnings();
            assertThat(warnings)
                    .anyMatch(text -> text.matches("descriptor \\d+ listens on 127.0.0.1 port \\d+; close it in .*"))
                    .anyMatch(text -> text.matches("descriptor \\d+ is connected to 127.0.0.1 port \\d+: .*; close .*"))
                    .anyMatch(text -> text.startsWith("an SQLite database in handler.database: "))
                    .anyMatch(text -> text.startsWith("random.Random in handler.generator: "))
                    .anyMatch(text -> text.startsWith("numpy.random.RandomState in handler.legacy, made with a seed"))
                    .anyMatch(text -> text.matches("descriptor \\d+ is the open file /.* \\(deleted\\): .*"))
                    .anyMatch(text -> text.matches("child process \\d+: .*"))
                    .anyMatch(text -> text.startsWith("an open asyncio event loop in handler.loop"))
                    .anyMatch(text -> text.startsWith("thread ticker goes on in every instance"))
                    .anyMatch(
                            text -> text.matches("descriptor \\d+ is connected to another socket of this machine: .*"));
            assertThat(warnings).noneMatch(text -> text.contains("passwd") || text.contains("gone"));
            wake(shim.channel(), "a");
            assertThat(shim.post("").text()).isEqualTo("closed");
        }
        String hook = source + "def before_checkpoint():\n    handle('')\n";
        try (Shim shim = Shim.python("handler.py", hook).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
        }
    }

    @Test
    void boundsItsWarnings() throws Exception {
        String source = """
                import random, threading, types, sys
                module = sys.modules["m" * 3000] = types.ModuleType("m")
                module.generators = [random.Random() for _ in range(100)]
                module.first = module.generators[0]
                def handle(req):
                    pass
                """;
        try (Shim shim = Shim.python("handler.py", source).template().start(HandlerConvention.OPENFAAS_CLASSIC)) {
            List<String> warnings = ((Parked) shim.channel().park()).warnings();
            assertThat(warnings).hasSize(40).allMatch(text -> text.length() <= 400);
            assertThat(warnings.getLast()).isEqualTo("61 further findings are not listed");
        }
    }

    @Test
    void parksTheClassicWatchdogAndRefusesServers() throws Exception {
        try (Shim shim = Shim.program(HandlerConvention.WATCHDOG, "/bin/sh", "-c", "cat; echo $NEW$Http_Method")
                .template()
                .start(HandlerConvention.WATCHDOG)) {
            assertThat(shim.channel().park()).isEqualTo(new Parked(List.of()));
            wake(shim.channel(), "a");
            assertThat(shim.post("in:").text()).isEqualTo("in:ä=1POST\n");
        }
        String server = """
                import http.server, os
                http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.BaseHTTPRequestHandler).serve_forever()
                """;
        try (Shim shim = Shim.program(HandlerConvention.HTTP_SERVER, "/usr/bin/python3", "-c", server)
                .template()
                .start(HandlerConvention.HTTP_SERVER)) {
            assertThat(shim.channel().park())
                    .isInstanceOfSatisfying(
                            ParkFailure.class,
                            failure -> assertThat(failure.message()).contains("child process", "start: cold"));
            assertThat(shim.get("/", "").status()).isEqualTo(501);
        }
    }

    @Test
    void endsWithItsChannelWhileParked() throws Exception {
        try (Shim shim = Shim.python("handler.py", "def handle(req): pass\n")
                .template()
                .start(HandlerConvention.OPENFAAS_CLASSIC)) {
            shim.channel().park();
            shim.channel().close();
            assertThat(shim.awaitExit()).isZero();
        }
    }

    @Test
    void endsOnAFrameOutOfTurn() throws Exception {
        for (boolean parked : List.of(true, false)) {
            try (Shim shim = Shim.python("handler.py", "def handle(req): pass\n")
                    .template()
                    .start(HandlerConvention.OPENFAAS_CLASSIC)) {
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
