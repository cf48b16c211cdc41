package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.template.image.Bytes;
import dev.instar.template.image.Descriptor;
import dev.instar.template.image.Descriptor.Duplicate;
import dev.instar.template.image.Descriptor.Epoll;
import dev.instar.template.image.Descriptor.EventCounter;
import dev.instar.template.image.Descriptor.Interest;
import dev.instar.template.image.Descriptor.OpenFile;
import dev.instar.template.image.Descriptor.PipeEnd;
import dev.instar.template.image.Descriptor.Signals;
import dev.instar.template.image.Descriptor.Timer;
import dev.instar.template.image.Descriptor.UnconnectedSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Descriptors of every kind that is captured. The program's first own number is 3. */
class CapturedDescriptorsTest {
    private static final int O_NONBLOCK = 04000;
    private static final int O_APPEND = 02000;
    private static final int O_DIRECTORY = 0200000;
    private static final int O_LARGEFILE = 0100000;

    @TempDir
    Path directory;

    private Program program;

    @BeforeEach
    void start() throws Exception {
        program = Program.python();
    }

    @AfterEach
    void end() {
        program.close();
    }

    private List<Descriptor> after(String code) throws Exception {
        program.run(code);
        return Taken.from(program).image().descriptors();
    }

    @Test
    void aProgramWithoutAnyHasNone() throws Exception {
        assertThat(after("pass")).isEmpty();
    }

    @Test
    void filesAndDirectoriesByPathAndPosition() throws Exception {
        Path file = Files.writeString(directory.resolve("a file"), "0123456789");
        assertThat(after("""
                        kept = os.open("%s", os.O_RDWR | os.O_APPEND); os.lseek(kept, 7, 0)
                        os.set_inheritable(kept, True)
                        os.open("%s", os.O_DIRECTORY)
                        os.open("/dev/null", os.O_WRONLY)
                        os.open("/dev/urandom", os.O_RDONLY | os.O_NONBLOCK)
                        """.formatted(file, directory)))
                .containsExactly(
                        new OpenFile(3, false, file.toString(), 2 | O_APPEND | O_LARGEFILE, 7),
                        new OpenFile(4, true, directory.toString(), O_DIRECTORY | O_LARGEFILE, 0),
                        new OpenFile(5, true, "/dev/null", 1 | O_LARGEFILE, 0),
                        new OpenFile(6, true, "/dev/urandom", O_NONBLOCK | O_LARGEFILE, 0));
    }

    @Test
    void namesInAnyWriting() throws Exception {
        String name = directory + "/\u00e4\u4e16 \\\\x";
        assertThat(after("kept = os.open(\"" + name + "\", os.O_RDONLY | os.O_CREAT)"))
                .containsExactly(new OpenFile(3, true, name.replace("\\\\", "\\"), O_LARGEFILE, 0));
    }

    @Test
    void pipesWithWhatStandsUnreadInThem() throws Exception {
        List<Descriptor> descriptors = after("""
                import fcntl
                r, w = os.pipe2(os.O_NONBLOCK); fcntl.fcntl(w, 1031, 16384)
                for i in range(4): os.write(w, b"%d" % i)
                r2, w2 = os.pipe()
                """);

        PipeEnd first = (PipeEnd) descriptors.getFirst();
        Bytes unread = Bytes.of("0123".getBytes(StandardCharsets.US_ASCII));
        assertThat(descriptors)
                .hasSize(4)
                .startsWith(
                        new PipeEnd(3, false, first.pipe(), false, O_NONBLOCK, unread, 16384),
                        new PipeEnd(4, false, first.pipe(), true, O_NONBLOCK, unread, 16384));
        PipeEnd second = (PipeEnd) descriptors.get(2);
        assertThat(second.pipe()).isNotEqualTo(first.pipe());
        assertThat(second.closeOnExec()).isTrue();
        assertThat(second.unread().length()).isZero();
        assertThat(program.ask("os.read(r, 100)")).isEqualTo("b'0123'");
    }

    @Test
    void aFullPipeOfSingleBytes() throws Exception {
        List<Descriptor> descriptors = after("""
                r, w = os.pipe2(os.O_NONBLOCK | os.O_DIRECT)
                import fcntl
                fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK | os.O_DIRECT)
                for i in range(16): os.write(w, b"x")
                fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK); fcntl.fcntl(r, fcntl.F_SETFL, os.O_NONBLOCK)
                """);

        assertThat(((PipeEnd) descriptors.getFirst()).unread().length()).isEqualTo(16);
    }

    @Test
    void countersTimersAndSignals() throws Exception {
        List<Descriptor> descriptors = after("""
                import struct
                os.eventfd(300, os.EFD_NONBLOCK | os.EFD_SEMAPHORE | os.EFD_CLOEXEC)
                t = call(283, 1, 0o4000)
                assert call(286, t, 0, struct.pack("<qqqq", 5, 7, 1000, 0), 0) == 0
                call(283, 0, 0)
                call(289, -1, struct.pack("<Q", 1 << 9 | 1 << 40), 8, 0o2004000)
                past = call(283, 1, 0)
                assert call(286, past, 1, struct.pack("<qqqq", 0, 0, 0, 1), 0) == 0
                """);

        assertThat(descriptors).hasSize(5);
        assertThat(descriptors.get(0)).isEqualTo(new EventCounter(3, true, 300, O_NONBLOCK | 1));
        assertThat(descriptors.get(1)).isInstanceOfSatisfying(Timer.class, timer -> {
            assertThat(timer)
                    .isEqualTo(new Timer(
                            4, false, 1, O_NONBLOCK, false, timer.remainingNanos(), TimeUnit.SECONDS.toNanos(5) + 7));
            assertThat(timer.remainingNanos()).isBetween(TimeUnit.SECONDS.toNanos(900), TimeUnit.SECONDS.toNanos(1000));
        });
        assertThat(descriptors.get(2)).isEqualTo(new Timer(5, false, 0, 0, false, 0, 0));
        assertThat(descriptors.get(3)).isEqualTo(new Signals(6, true, 1L << 9 | 1L << 40, O_NONBLOCK));
        // It has fired and nobody has read it, so a clone's is to fire at once.
        assertThat(descriptors.get(4)).isEqualTo(new Timer(7, false, 1, 0, true, 1, 0));
    }

    @Test
    void epollSetsWithTheirInterests() throws Exception {
        List<Descriptor> descriptors = after("""
                import select, struct
                event = os.eventfd(0)
                e = select.epoll()
                add = lambda number, events, data: call(233, e.fileno(), 1, number, struct.pack("<IQ", events, data))
                assert add(0, 1, 7) == 0 and add(event, 0x80000004, 0xfedcba9876543210) == 0
                """);

        assertThat(descriptors).hasSize(2).startsWith(new EventCounter(3, true, 0, 0));
        assertThat(((Epoll) descriptors.get(1)).interests())
                .containsExactlyInAnyOrder(new Interest(0, 0x19, 7), new Interest(3, 0x8000001c, 0xfedcba9876543210L));
    }

    @Test
    void socketsThatAreNeitherBoundNorConnected() throws Exception {
        assertThat(after("""
                        import socket
                        kept = [socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK),
                                socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
                                socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)]
                        """))
                .containsExactly(
                        new UnconnectedSocket(3, true, 2, 1 | O_NONBLOCK, 6),
                        new UnconnectedSocket(4, true, 10, 2, 17),
                        new UnconnectedSocket(5, true, 1, 5, 0));
    }

    @Test
    void duplicatesOfOwnAndOfGivenOnes() throws Exception {
        assertThat(after("""
                        event = os.eventfd(0); other = os.eventfd(0); copy = os.dup(event)
                        out = os.dup(1); out2 = os.dup2(out, 20, inheritable=True)
                        """))
                .containsExactly(
                        new EventCounter(3, true, 0, 0),
                        new EventCounter(4, true, 0, 0),
                        new Duplicate(5, true, 3),
                        new Duplicate(6, true, 1),
                        new Duplicate(20, false, 1));
    }
}
