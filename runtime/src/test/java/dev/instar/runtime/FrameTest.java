package dev.instar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FrameTest {
    record Sent(FrameType type, boolean more, List<String> head, byte[] body) {}

    @Property(tries = 200)
    void framesArriveAsTheyWereSent(
            @ForAll @Size(min = 1, max = 6) List<@From("frames") Sent> frames,
            @ForAll @IntRange(min = 1, max = 70_000) int step)
            throws IOException {
        Bytes bytes = new Bytes(encode(frames), step);
        FrameReader reader = new FrameReader(bytes);
        for (Sent sent : frames) {
            Frame frame = reader.next();
            assertThat(frame).isEqualTo(new Frame(sent.type, sent.more, sent.head, sent.body.length));
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            byte[] some = new byte[7];
            if (frame.bodyLength() > 0) {
                body.write(some, 0, reader.read(some, 0, some.length));
            }
            reader.transferBody(body);
            assertThat(body.toByteArray()).isEqualTo(sent.body);
        }
        assertThatThrownBy(reader::next).isExactlyInstanceOf(ChannelClosedException.class);
    }

    @Property(tries = 500)
    void damagedFramesAreReadOrRefused(
            @ForAll @Size(min = 1, max = 3) List<@From("frames") Sent> frames, @ForAll Random random)
            throws IOException {
        byte[] bytes = encode(frames);
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            int where =
                    random.nextBoolean() ? random.nextInt(Math.min(16, bytes.length)) : random.nextInt(bytes.length);
            bytes[where] = (byte) random.nextInt();
        }
        readAll(new Bytes(bytes, 1 + random.nextInt(5000)));
    }

    @Property(tries = 1000)
    void anyBytesAreReadOrRefused(@ForAll @Size(max = 400) byte[] bytes) {
        readAll(new Bytes(bytes, 64));
    }

    @Test
    void refusesWhatBreaksTheRules() {
        assertRefused(header(Frame.MAX_HEAD + 1, 0, 10, 0), "a head of 262145 bytes");
        assertRefused(header(-1, 0, 10, 0), "a head of 4294967295 bytes");
        assertRefused(header(0, Frame.MAX_BODY + 1, 10, 0), "a body of 1048577 bytes");
        assertRefused(header(0, 0, 0, 0), "unknown frame type 0");
        assertRefused(header(0, 0, 9, 0), "unknown frame type 9");
        assertRefused(header(0, 0, 255, 0), "unknown frame type 255");
        assertRefused(header(0, 0, 10, 2), "unknown flags");
        byte[] reserved = header(0, 0, 10, 0);
        reserved[15] = 1;
        assertRefused(reserved, "unknown flags");
        byte[] open = Arrays.copyOf(header(1, 0, 10, 0), 17);
        open[16] = 'x';
        assertRefused(open, "does not end with NUL");
        assertRefused(Arrays.copyOf(header(Frame.MAX_HEAD, 0, 10, 0), 16 + Frame.MAX_HEAD), "more than 8192 strings");
    }

    @Test
    void tellsTheEndFromAViolation() {
        for (int length : new int[] {0, 1, 15, 16}) {
            Bytes bytes = new Bytes(Arrays.copyOf(header(5, 0, 10, 0), length), 100);
            assertThatThrownBy(() -> new FrameReader(bytes).next()).isExactlyInstanceOf(ChannelClosedException.class);
        }
    }

    @Test
    void refusesToSendWhatDoesNotFit() {
        FrameWriter writer = new FrameWriter(new Sink());
        writer.begin();
        assertThatThrownBy(() -> writer.string("a\0b")).hasMessageContaining("NUL");
        writer.begin();
        writer.string("x".repeat(Frame.MAX_HEAD - 1));
        assertThatThrownBy(() -> writer.string("")).hasMessageContaining("256 KiB");
    }

    @Provide
    Arbitrary<Sent> frames() {
        Arbitrary<String> strings =
                Arbitraries.strings().excludeChars('\0').ofMaxLength(40).filter(FrameTest::isEncodable);
        Arbitrary<byte[]> bodies = Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(300),
                Arbitraries.integers().between(0, FrameWriter.PART).map(FrameTest::random));
        return Combinators.combine(
                        Arbitraries.of(FrameType.class),
                        Arbitraries.of(true, false),
                        strings.list().ofMaxSize(12),
                        bodies)
                .as(Sent::new);
    }

    private static boolean isEncodable(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] encode(List<Sent> frames) throws IOException {
        Sink sink = new Sink();
        FrameWriter writer = new FrameWriter(sink);
        for (Sent frame : frames) {
            writer.begin();
            frame.head.forEach(writer::string);
            writer.body(new ByteArrayInputStream(frame.body), frame.body.length);
            writer.send(frame.type, frame.more);
        }
        return sink.bytes.toByteArray();
    }

    private static void readAll(Bytes bytes) {
        FrameReader reader = new FrameReader(bytes);
        try {
            while (true) {
                Frame frame = reader.next();
                assertThat(frame.bodyLength()).isBetween(0, Frame.MAX_BODY);
                assertThat(frame.head()).hasSizeLessThanOrEqualTo(Frame.MAX_STRINGS);
                reader.skipBody();
            }
        } catch (ChannelException e) {
            assertThat(bytes.largestRequest).isLessThanOrEqualTo(Frame.MAX_HEAD + Frame.HEADER);
        } catch (RuntimeException e) {
            fail("an error that is not of the channel", e);
        }
    }

    private static void assertRefused(byte[] bytes, String message) {
        assertThatThrownBy(() -> new FrameReader(new Bytes(bytes, 1 << 20)).next())
                .isExactlyInstanceOf(ChannelException.class)
                .hasMessageContaining(message);
    }

    private static byte[] header(int head, int body, int type, int flags) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(head)
                .putInt(body)
                .put((byte) type)
                .put((byte) flags)
                .array();
    }

    /** Gives its bytes in steps, and remembers how much room the reader offered at the most. */
    private static final class Bytes implements ReadableByteChannel {
        private final ByteBuffer bytes;
        private final int step;
        private int largestRequest;

        Bytes(byte[] bytes, int step) {
            this.bytes = ByteBuffer.wrap(bytes);
            this.step = step;
        }

        @Override
        public int read(ByteBuffer target) {
            largestRequest = Math.max(largestRequest, target.remaining());
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int count = Math.min(step, Math.min(bytes.remaining(), target.remaining()));
            target.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static final class Sink implements WritableByteChannel {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final List<Integer> writes = new ArrayList<>();

        @Override
        public int write(ByteBuffer source) {
            int count = source.remaining();
            writes.add(count);
            bytes.write(source.array(), source.position(), count);
            source.position(source.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
