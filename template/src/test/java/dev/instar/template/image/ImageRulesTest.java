package dev.instar.template.image;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.template.image.Descriptor.Duplicate;
import dev.instar.template.image.Descriptor.Epoll;
import dev.instar.template.image.Descriptor.Interest;
import dev.instar.template.image.Descriptor.OpenFile;
import dev.instar.template.image.Descriptor.PipeEnd;
import dev.instar.template.image.Region.FileMapping;
import dev.instar.template.image.Region.Zero;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What images must fulfil; each rule broken on its own. */
class ImageRulesTest {
    private static final MemoryUnits UNITS = new MemoryUnits();
    private static final Image VALID = Images.small(UNITS);
    private static final long START = 0x20_0000;

    @Property(tries = 100)
    void whatTheGeneratorMakesFulfilsThem(@ForAll long seed) {
        Random random = new Random(seed);
        Image image =
                new Images(random, UNITS).image(random.nextInt(12), 1 + random.nextInt(5), random.nextInt(40), 65536);
        assertThatCode(() -> ImageRules.check(image)).doesNotThrowAnyException();
        assertThatCode(() -> ImageRules.check(image, 5)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("broken")
    void refuses(String message, String path, Object value) {
        Image image = Mutations.with(VALID, path, value);
        assertThatThrownBy(() -> ImageRules.check(image))
                .isInstanceOf(InvalidImageException.class)
                .hasMessageContaining(message);
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                        Stream.of(
                                Arguments.of("vdso", "origin.vdsoDigest", "ABC"),
                                Arguments.of("file", "origin.files[0].path", "lib"),
                                Arguments.of("size", "origin.files[0].size", -1L),
                                Arguments.of("executable", "process.executable", "/bin//x"),
                                Arguments.of("working directory", "process.workingDirectory", "/a/../b"),
                                Arguments.of("umask", "process.umask", 01000),
                                Arguments.of("code", "process.endCode", 0L),
                                Arguments.of("heap", "process.currentBreak", 0x7fff_ffff_f000L),
                                Arguments.of("auxiliary", "process.auxiliaryVector", Bytes.of(new byte[17])),
                                Arguments.of("signal 9", "signalActions[0].signal", 9),
                                Arguments.of("signal 65", "signalActions[0].signal", 65),
                                Arguments.of("handler", "signalActions[0].handler", -1L)),
                        regions(),
                        threads(),
                        descriptors())
                .flatMap(each -> each);
    }

    private static Stream<Arguments> regions() {
        Region.Content content = UNITS.region(START, 8192, 1);
        return Stream.of(
                Arguments.of("not whole pages", "regions[0].start", 1L),
                Arguments.of("outside", "regions", List.of(zero(0xf000, 0x2_0000))),
                Arguments.of("outside", "regions", List.of(zero(START, 0x7fff_ffff_f000L + 4096))),
                Arguments.of("outside", "regions", List.of(zero(-8192, 4096))),
                Arguments.of("empty", "regions", List.of(zero(START, START))),
                Arguments.of("empty", "regions", List.of(zero(START + 4096, START))),
                Arguments.of(
                        "overlaps", "regions", List.of(zero(START, START + 8192), zero(START + 4096, START + 8192))),
                Arguments.of("protection", "regions[0].attributes.protection", 8),
                Arguments.of("advice", "regions[0].attributes.hugePages", 2),
                Arguments.of("name", "regions[0].attributes.name", "[heap]"),
                Arguments.of("unit", "regions", List.of(Mutations.with(content, "units", List.of()))),
                Arguments.of("does not fill", "regions", List.of(Mutations.with(content, "units[0].length", 4096))),
                Arguments.of("gap", "regions", List.of(Mutations.with(content, "units[0].start", START + 4096))),
                Arguments.of("does not fill", "regions", List.of(Mutations.with(content, "end", START + (4 << 20)))),
                Arguments.of("digest", "regions", List.of(Mutations.with(content, "units[0].digest", "0"))),
                Arguments.of("kernel's", "regions", List.of(special("[vsyscall]"))),
                Arguments.of("does not identify", "regions", List.of(file("/lib/other", false, 5, 0))),
                Arguments.of("offset", "regions", List.of(file("/bin/python3", false, 5, 1))),
                Arguments.of("offset", "regions", List.of(file("/bin/python3", false, 5, -4096))),
                Arguments.of("offset", "regions", List.of(file("/bin/python3", false, 5, Long.MAX_VALUE - 4095))),
                Arguments.of("shared and writable", "regions", List.of(file("/bin/python3", true, 3, 0))));
    }

    private static Stream<Arguments> threads() {
        return Stream.of(
                Arguments.of("0 threads", "threads", List.of()),
                Arguments.of(
                        "1025 threads",
                        "threads",
                        IntStream.range(0, 1025)
                                .mapToObj(i -> VALID.threads().getFirst())
                                .toList()),
                Arguments.of("thread 1", "threads[1].id", 1),
                Arguments.of("name", "threads[0].name", "sixteen bytes ...."),
                Arguments.of("registers", "threads[0].registers", Bytes.of(new byte[215])),
                Arguments.of("register 16", "threads[0].registers", register(16, -1)),
                Arguments.of("register 21", "threads[0].registers", register(21, 0xffff_8000_0000_0000L)),
                Arguments.of("segments", "threads[0].registers", register(17, 0x10)),
                Arguments.of("segments", "threads[0].registers", register(20, 0)),
                Arguments.of("flags", "threads[0].registers", register(18, 0x3000)),
                Arguments.of("extended state", "threads[0].extendedState", Bytes.of(new byte[575])),
                Arguments.of("extended state", "threads[0].extendedState", Bytes.of(new byte[16385])),
                Arguments.of("components", "threads[0].extendedState", extended(513, 0xff)),
                Arguments.of("form", "threads[0].extendedState", extended(527, 0x80)),
                Arguments.of("MXCSR", "threads[0].extendedState", extended(27, 1)),
                Arguments.of("alternate stack", "threads[0].alternateStack.start", 1L << 47),
                Arguments.of("robust", "threads[0].robustList", -8L),
                Arguments.of("thread id", "threads[0].clearThreadId", 1L << 62),
                Arguments.of("restartable", "threads[0].rseq.address", -1L),
                Arguments.of("policy", "threads[0].policy", 1),
                Arguments.of("nice", "threads[0].nice", 20));
    }

    private static Stream<Arguments> descriptors() {
        PipeEnd read = new PipeEnd(10, false, 1, false, 0, Bytes.of(new byte[3]), 4096);
        PipeEnd write = new PipeEnd(11, false, 1, true, 0, Bytes.of(new byte[3]), 4096);
        OpenFile file = new OpenFile(20, false, "/dev/null", 2, 0);
        return Stream.of(
                Arguments.of("there twice", "descriptors", List.of(file, file)),
                Arguments.of("descriptor -1", "descriptors", List.of(Mutations.with(file, "number", -1))),
                Arguments.of("flags", "descriptors", List.of(Mutations.with(file, "flags", 0102))),
                Arguments.of("flags", "descriptors", List.of(Mutations.with(file, "flags", 3))),
                Arguments.of("position", "descriptors", List.of(Mutations.with(file, "position", -1L))),
                Arguments.of("path", "descriptors", List.of(Mutations.with(file, "path", "pipe:[1]"))),
                Arguments.of("end twice", "descriptors", List.of(read, Mutations.with(write, "writeEnd", false))),
                Arguments.of("end twice", "descriptors", List.of(read, write, Mutations.with(write, "number", 12))),
                Arguments.of("disagree", "descriptors", List.of(read, Mutations.with(write, "capacity", 8192))),
                Arguments.of(
                        "disagree",
                        "descriptors",
                        List.of(read, Mutations.with(write, "unread", Bytes.of(new byte[1])))),
                Arguments.of("4095 bytes", "descriptors", List.of(Mutations.with(read, "capacity", 4095))),
                Arguments.of(
                        "holds 4097", "descriptors", List.of(Mutations.with(read, "unread", Bytes.of(new byte[4097])))),
                Arguments.of("watches 5000", "descriptors", List.of(epoll(5000))),
                Arguments.of("watches 30", "descriptors", List.of(epoll(30))),
                Arguments.of("watches 4", "descriptors", List.of(epoll(4, 4))),
                Arguments.of("same as 12", "descriptors", List.of(new Duplicate(10, false, 12), at(12, file))),
                Arguments.of("same as -1", "descriptors", List.of(new Duplicate(10, false, -1))),
                Arguments.of("timer", "descriptors", List.of(new Descriptor.Timer(9, false, 9, 0, false, 0, 0))),
                Arguments.of("counter", "descriptors", List.of(new Descriptor.EventCounter(9, false, -1, 0))),
                Arguments.of("signal", "descriptors", List.of(new Descriptor.Signals(9, false, 0, 1))),
                Arguments.of("socket", "descriptors", List.of(new Descriptor.UnconnectedSocket(9, false, 40, 1, 0))));
    }

    @Test
    void knowsWhatIsGivenWhenItIsTold() {
        Image watching = Mutations.with(VALID, "descriptors", List.of(epoll(4)));
        assertThatCode(() -> ImageRules.check(watching, 5)).doesNotThrowAnyException();
        assertThatThrownBy(() -> ImageRules.check(watching, 4)).hasMessageContaining("watches 4");
        assertThatThrownBy(() -> ImageRules.check(watching, 31)).hasMessageContaining("descriptor 30");
    }

    /** Field by field: whatever an image says, it is taken or refused, and nothing else happens. */
    @Test
    void nothingWorseThanARefusal() {
        Mutations.forEach(VALID, changed -> {
            try {
                ImageRules.check((Image) changed);
            } catch (InvalidImageException refused) {
                // That is the worst that may happen.
            }
        });
    }

    private static OpenFile at(int number, OpenFile file) {
        return Mutations.with(file, "number", number);
    }

    private static Epoll epoll(int... watched) {
        return new Epoll(
                30,
                false,
                IntStream.of(watched).mapToObj(each -> new Interest(each, 1, 0)).toList());
    }

    private static Zero zero(long start, long end) {
        return new Zero(start, end, MemoryUnits.READ_WRITE);
    }

    private static Region special(String name) {
        return new Region.Special(START, START + 4096, MemoryUnits.READ_WRITE, name);
    }

    private static Region file(String path, boolean shared, int protection, long offset) {
        return new FileMapping(
                START,
                START + 4096,
                new Region.Attributes(protection, false, false, false, 0, ""),
                shared,
                path,
                offset);
    }

    private static Bytes register(int index, long value) {
        byte[] registers = VALID.threads().getFirst().registers().toArray();
        for (int i = 0; i < 8; i++) {
            registers[index * 8 + i] = (byte) (value >> 8 * i);
        }
        return Bytes.of(registers);
    }

    private static Bytes extended(int at, int value) {
        byte[] state = VALID.threads().getFirst().extendedState().toArray();
        state[at] = (byte) value;
        return Bytes.of(state);
    }
}
