package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine's end against a peer that does in turn what shims do and what they must not do. */
@Timeout(30)
class ChannelTest {
    private static final InvokeHead HEAD = new InvokeHead(
            "id", "POST", "/p", "q=1", "192.0.2.1", 123, EventForm.RAW, List.of(new HeaderField("A", "ä")));

    private SocketPair pair;
    private Channel channel;
    private FrameReader reader;
    private FrameWriter writer;

    @BeforeEach
    void open() throws IOException {
        pair = SocketPair.open();
        channel = new Channel(pair.engine());
        reader = new FrameReader(pair.shim());
        writer = new FrameWriter(pair.shim());
    }

    @AfterEach
    void close() throws IOException {
        pair.close();
    }

    @Test
    void tellsTheShimWhatToLoad() {
        channel.init(new ShimSettings(
                "f",
                "ns",
                "v",
                "i",
                "h.x",
                HandlerConvention.SEBS,
                "go",
                2,
                64,
                500,
                List.of("a", "b"),
                List.of("{}")));
        Frame init = reader.next();
        assertThat(init.type()).isEqualTo(FrameType.INIT);
        assertThat(init.head())
                .containsExactly(
                        "function",
                        "f",
                        "namespace",
                        "ns",
                        "version",
                        "v",
                        "instance",
                        "i",
                        "handler",
                        "h.x",
                        "convention",
                        "sebs",
                        "init",
                        "go",
                        "channels",
                        "2",
                        "memory-mib",
                        "64",
                        "timeout-ms",
                        "500",
                        "command",
                        "a",
                        "command",
                        "b",
                        "warm-up",
                        "{}");
    }

    @Test
    void saysThatAProcessIsToBecomeATemplate() {
        ShimSettings settings =
                new ShimSettings("f", "ns", "v", "i", "", HandlerConvention.AUTO, "", 1, 64, 500, List.of(), List.of());
        channel.init(settings);
        assertThat(reader.next().head()).doesNotContain("template");
        channel.init(settings.forTemplate());
        assertThat(reader.next().head()).endsWith("template", "yes");
    }

    @Test
    void parks() {
        send(FrameType.PARKED, "one", "ä");
        assertThat(channel.park()).isEqualTo(new ParkResult.Parked(List.of("one", "ä")));
        assertThat(reader.next()).isEqualTo(new Frame(FrameType.PARK, false, List.of(), 0));
        send(FrameType.PARK_FAILED, "a", "b", "c");
        assertThat(channel.park()).isEqualTo(new ParkResult.ParkFailure("a", "b", "c"));
    }

    @Test
    void wakes() throws IOException {
        String entropy = "0123456789abcdef".repeat(8);
        WakeSettings settings = new WakeSettings("f", "ns", "v", "i", "h", entropy, Map.of("A", "ä=b"));
        channel.wake(settings, false);
        channel.sendInvoke(HEAD, stream("x"), 1);
        assertThat(reader.next().head())
                .containsExactly(
                        "function",
                        "f",
                        "namespace",
                        "ns",
                        "version",
                        "v",
                        "instance",
                        "i",
                        "hostname",
                        "h",
                        "entropy",
                        entropy,
                        "env",
                        "A=ä=b");
        assertThat(reader.next().type()).isEqualTo(FrameType.INVOKE);
        send(FrameType.AWAKE);
        reply(false, "200");
        assertThat(channel.awaitAwake()).isEqualTo(new WakeResult.Awake());
        assertThat(channel.receive()).isInstanceOf(HandlerReply.class);
        channel.finish();
        send(FrameType.WAKE_FAILED, "a", "b", "c");
        assertThat(channel.awaitAwake()).isEqualTo(new WakeResult.WakeFailure("a", "b", "c"));
        assertThat(settings.toString()).doesNotContain(entropy, "ä");
    }

    @Test
    void refusesToWakeWithWhatCannotBeSent() {
        String entropy = "0".repeat(128);
        for (String bad : List.of("", "0".repeat(127), "A".repeat(128), "é".repeat(128))) {
            assertThatThrownBy(() -> new WakeSettings("f", "ns", "v", "i", "h", bad, Map.of()))
                    .hasMessageContaining("entropy");
        }
        for (String name : List.of("", "a=b")) {
            assertThatThrownBy(() -> new WakeSettings("f", "ns", "v", "i", "h", entropy, Map.of(name, "x")))
                    .hasMessageContaining("name of an environment variable");
        }
        for (String value : List.of("a\0b", "x".repeat(256 * 1024))) {
            WakeSettings settings = new WakeSettings("f", "ns", "v", "i", "h", entropy, Map.of("A", value));
            assertThatThrownBy(() -> channel.wake(settings, false)).isInstanceOf(IllegalArgumentException.class);
        }
        channel.wake(new WakeSettings("f", "ns", "v", "i", "h", entropy, Map.of()), false);
        assertThat(reader.next().type()).isEqualTo(FrameType.WAKE);
    }

    @Test
    void refusesMalformedAnswersToParkAndWake() throws IOException {
        String[] many = new String[ParkResult.MAX_WARNINGS + 1];
        Arrays.fill(many, "w");
        assertRefused(channel -> channel.park(), FrameType.PARKED, "w".repeat(ParkResult.MAX_WARNING_LENGTH + 1));
        assertRefused(channel -> channel.park(), FrameType.PARKED, many);
        assertRefused(channel -> channel.park(), FrameType.PARK_FAILED, "a", "b");
        assertRefused(channel -> channel.park(), FrameType.READY, "lambda");
        assertRefused(channel -> channel.park(), FrameType.AWAKE);
        assertRefused(channel -> channel.awaitAwake(), FrameType.AWAKE, "x");
        assertRefused(channel -> channel.awaitAwake(), FrameType.WAKE_FAILED);
        assertRefused(channel -> channel.awaitAwake(), FrameType.PARKED);
        assertRefused(channel -> channel.awaitAwake(), FrameType.REPLY, "200");
        for (FrameType type : List.of(FrameType.PARKED, FrameType.AWAKE)) {
            openAgain();
            writer.begin();
            writer.body(stream("body"), 4);
            writer.send(type, false);
            assertThatThrownBy(() -> {
                        if (type == FrameType.PARKED) {
                            channel.park();
                        } else {
                            channel.awaitAwake();
                        }
                    })
                    .isExactlyInstanceOf(ChannelException.class);
        }
        openAgain();
        channel.sendInvoke(HEAD, stream(""), 0);
        assertThatThrownBy(channel::park).isInstanceOf(IllegalStateException.class);
    }

    private void assertRefused(Consumer<Channel> read, FrameType type, String... head) throws IOException {
        openAgain();
        send(type, head);
        assertThatThrownBy(() -> read.accept(channel)).isExactlyInstanceOf(ChannelException.class);
    }

    private void openAgain() throws IOException {
        pair.close();
        open();
    }

    @Test
    void sendsASmallCallAsOneFrame() throws IOException {
        channel.sendInvoke(HEAD, stream("body"), 4);
        Frame invoke = reader.next();
        assertThat(invoke)
                .isEqualTo(new Frame(
                        FrameType.INVOKE,
                        false,
                        List.of("id", "POST", "/p", "q=1", "192.0.2.1", "123", "raw", "A", "ä"),
                        4));
        reader.skipBody();
        reply(false, "204");
        assertThat(channel.receive()).isInstanceOfSatisfying(HandlerReply.class, reply -> {
            assertThat(reply.status()).isEqualTo(204);
            assertThat(reply.body().length()).isZero();
        });
        assertThat(channel.idle()).isFalse();
        channel.finish();
        assertThat(channel.idle()).isTrue();
    }

    @Test
    void neitherSideWaitsForTheOther() throws Exception {
        byte[] body = random(20 << 20);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> shim = threads.submit(() -> {
                Frame frame = reader.next();
                reply(true, "200");
                boolean more = true;
                while (more) {
                    byte[] part = new byte[reader.bodyLeft()];
                    for (int at = 0; at < part.length; ) {
                        at += reader.read(part, at, part.length - at);
                    }
                    more = frame.more();
                    data(part, more);
                    if (more) {
                        frame = reader.next();
                    }
                }
                return null;
            });
            channel.sendInvoke(HEAD, new ByteArrayInputStream(body), body.length);
            HandlerReply reply = (HandlerReply) channel.receive();
            assertThat(reply.body().length()).isEqualTo(-1);
            ByteArrayOutputStream back = new ByteArrayOutputStream();
            assertThat(reply.body().transferTo(back)).isEqualTo(body.length);
            assertThat(back.toByteArray()).isEqualTo(body);
            channel.finish();
            shim.get();
        }
    }

    @Test
    void cutsARequestShortThatHasBeenAnswered() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Long> shim = threads.submit(() -> {
                Frame frame = reader.next();
                reply(false, "200");
                long count = frame.bodyLength();
                reader.skipBody();
                while (frame.more()) {
                    frame = reader.next();
                    count += frame.bodyLength();
                    reader.skipBody();
                }
                return count;
            });
            channel.sendInvoke(
                    HEAD,
                    new InputStream() {
                        @Override
                        public int read() {
                            return 1;
                        }
                    },
                    Long.MAX_VALUE);
            assertThat(channel.receive()).isInstanceOf(HandlerReply.class);
            channel.finish();
            assertThat(shim.get()).isGreaterThanOrEqualTo(FrameWriter.PART);
            channel.sendInvoke(HEAD, stream(""), 0);
            assertThat(reader.next().type()).isEqualTo(FrameType.INVOKE);
        }
    }

    @Test
    void tellsTheShimThatARequestBrokeOff() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<FrameType> shim = threads.submit(() -> {
                Frame frame = reader.next();
                reader.skipBody();
                while (frame.more()) {
                    frame = reader.next();
                    reader.skipBody();
                }
                failed("RequestBroken", "gone", "");
                return frame.type();
            });
            channel.sendInvoke(HEAD, new ByteArrayInputStream(new byte[100_000]), 100_001);
            assertThatThrownBy(channel::receive)
                    .isInstanceOf(RequestBrokenException.class)
                    .hasCauseInstanceOf(EOFException.class);
            channel.finish();
            assertThat(shim.get()).isEqualTo(FrameType.FAILED);
            assertThat(channel.idle()).isTrue();
        }
    }

    @Test
    void sendsNothingOfACallItCannotSendWhole() throws IOException {
        assertThatThrownBy(() -> channel.sendInvoke(HEAD, stream("ab"), 3)).isInstanceOf(EOFException.class);
        InvokeHead wide = new InvokeHead(
                "id", "GET", "/", "", "", 1, EventForm.HTTP, List.of(new HeaderField("A", "x".repeat(300_000))));
        assertThatThrownBy(() -> channel.sendInvoke(wide, stream(""), 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(channel.idle()).isTrue();
        channel.sendInvoke(HEAD, stream("abc"), 3);
        assertThat(reader.next().bodyLength()).isEqualTo(3);
        assertThatThrownBy(() -> channel.sendInvoke(HEAD, stream(""), 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sendsBodiesOfUnknownLength() throws Exception {
        for (int size : new int[] {0, 5, FrameWriter.PART - 1, FrameWriter.PART, FrameWriter.PART + 1}) {
            byte[] body = random(size);
            channel.sendInvoke(HEAD, new ByteArrayInputStream(body), -1);
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            Frame frame = reader.next();
            reader.transferBody(got);
            while (frame.more()) {
                frame = reader.next();
                reader.transferBody(got);
            }
            assertThat(got.toByteArray()).isEqualTo(body);
            reply(false, "200");
            channel.receive();
            channel.finish();
        }
    }

    @Test
    void finishDropsWhatIsLeftOfAReply() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            channel.sendInvoke(HEAD, stream(""), 0);
            Future<?> shim = threads.submit(() -> {
                reader.next();
                reply(true, "200");
                for (int i = 0; i < 50; i++) {
                    data(new byte[50_000], true);
                }
                failed("Error", "in the end", "");
                return null;
            });
            HandlerReply reply = (HandlerReply) channel.receive();
            assertThat(reply.body().read()).isZero();
            channel.finish();
            shim.get();
            assertThat(channel.idle()).isTrue();
            assertThat(reply.body().read()).isEqualTo(-1);
        }
    }

    @Test
    void reportsFailuresBeforeAndWithinAReply() throws IOException {
        channel.sendInvoke(HEAD, stream(""), 0);
        failed("KeyError", "x", "trace");
        assertThat(channel.receive()).isEqualTo(new HandlerFailure("KeyError", "x", "trace"));
        channel.finish();
        channel.sendInvoke(HEAD, stream(""), 0);
        reply(true, "200");
        failed("IOError", "midway", "");
        HandlerReply reply = (HandlerReply) channel.receive();
        assertThatThrownBy(() -> reply.body().readAllBytes())
                .isInstanceOfSatisfying(
                        ReplyBrokenException.class,
                        e -> assertThat(e.failure()).isEqualTo(new HandlerFailure("IOError", "midway", "")));
        channel.finish();
    }

    @Test
    void reportsReadiness() {
        send(FrameType.READY, "lambda");
        assertThat(channel.awaitReady()).isEqualTo(new InitResult.Ready(HandlerConvention.LAMBDA));
        send(FrameType.INIT_FAILED, "a", "b", "c");
        assertThat(channel.awaitReady()).isEqualTo(new InitResult.InitFailure("a", "b", "c"));
        send(FrameType.READY, "magic");
        assertThatThrownBy(channel::awaitReady).isExactlyInstanceOf(ChannelException.class);
    }

    @Test
    void refusesAnswersThatBreakTheRules() throws IOException {
        channel.sendInvoke(HEAD, stream(""), 0);
        List<List<String>> heads = List.of(
                List.of(),
                List.of("20"),
                List.of("2000"),
                List.of("199"),
                List.of("600"),
                List.of("2x0"),
                List.of("+20"),
                List.of("200", "name"),
                List.of("200", "", "v"),
                List.of("200", "a b", "v"),
                List.of("200", "ä", "v"),
                List.of("200", "a:", "v"),
                List.of("200", "a", "v\r\nb: c"),
                List.of("200", "a", "\u007f"));
        for (List<String> head : heads) {
            Channel fresh = channel;
            writer.begin();
            head.forEach(writer::string);
            writer.send(FrameType.REPLY, false);
            assertThatThrownBy(fresh::receive).as(head.toString()).isExactlyInstanceOf(ChannelException.class);
            pairAgain();
        }
        for (FrameType type : List.of(FrameType.READY, FrameType.INVOKE, FrameType.DATA, FrameType.INIT)) {
            send(type, "200");
            assertThatThrownBy(channel::receive).isExactlyInstanceOf(ChannelException.class);
            pairAgain();
        }
        send(FrameType.FAILED, "only", "two");
        assertThatThrownBy(channel::receive).isExactlyInstanceOf(ChannelException.class);
        pairAgain();
        reply(true, "200");
        reply(false, "200");
        HandlerReply reply = (HandlerReply) channel.receive();
        assertThatThrownBy(() -> reply.body().read()).isExactlyInstanceOf(ChannelException.class);
    }

    @Test
    void endsEveryWaitWhenItIsClosed() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                PipedOutputStream caller = new PipedOutputStream();
                InputStream slow = new PipedInputStream(caller, FrameWriter.PART + 1)) {
            caller.write(new byte[FrameWriter.PART]);
            channel.sendInvoke(HEAD, slow, 1_000_000);
            reader.next();
            reader.skipBody();
            reply(false, "200");
            channel.receive();
            Future<?> finishing = threads.submit(() -> channel.finish());
            channel.close();
            assertThatThrownBy(finishing::get).hasCauseInstanceOf(ChannelClosedException.class);
            caller.close();
        }
        try (SocketPair other = SocketPair.open();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Channel waiting = new Channel(other.engine());
            Future<?> ready = threads.submit(waiting::awaitReady);
            waiting.close();
            assertThatThrownBy(ready::get).hasCauseInstanceOf(ChannelClosedException.class);
        }
    }

    @Test
    void tellsThatTheInstanceHasGone() throws IOException {
        channel.sendInvoke(HEAD, stream(""), 0);
        pair.shim().close();
        assertThatThrownBy(channel::receive).isInstanceOf(ChannelClosedException.class);
    }

    private void pairAgain() throws IOException {
        pair.close();
        open();
        channel.sendInvoke(HEAD, stream(""), 0);
    }

    private void send(FrameType type, String... head) {
        writer.begin();
        List.of(head).forEach(writer::string);
        writer.send(type, false);
    }

    private void reply(boolean more, String... head) {
        writer.begin();
        List.of(head).forEach(writer::string);
        writer.send(FrameType.REPLY, more);
    }

    private void failed(String type, String message, String trace) {
        send(FrameType.FAILED, type, message, trace);
    }

    private void data(byte[] body, boolean more) throws IOException {
        writer.begin();
        writer.body(new ByteArrayInputStream(body), body.length);
        writer.send(FrameType.DATA, more);
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
