package dev.instar.template.image;

import dev.instar.template.image.Descriptor.Duplicate;
import dev.instar.template.image.Descriptor.Epoll;
import dev.instar.template.image.Descriptor.EventCounter;
import dev.instar.template.image.Descriptor.Interest;
import dev.instar.template.image.Descriptor.OpenFile;
import dev.instar.template.image.Descriptor.PipeEnd;
import dev.instar.template.image.Descriptor.Signals;
import dev.instar.template.image.Descriptor.Timer;
import dev.instar.template.image.Descriptor.UnconnectedSocket;
import dev.instar.template.image.Region.Attributes;
import dev.instar.template.image.Region.FileMapping;
import dev.instar.template.image.Region.Special;
import dev.instar.template.image.Region.Zero;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Images that fulfil every rule, made of a random source. */
public final class Images {
    private static final int PAGE = 4096;
    private static final List<String> FILES = List.of("/lib/libc.so.6", "/lib/libm.so.6", "/bin/python3");

    private final Random random;
    private final MemoryUnits units;

    public Images(Random random, MemoryUnits units) {
        this.random = random;
        this.units = units;
    }

    /** One with something of everything, and few bytes. */
    public static Image small(MemoryUnits units) {
        return new Images(new Random(7), units).image(7, 3, 9, PAGE);
    }

    public Image image(int regions, int threads, int descriptors, int mostContent) {
        Origin origin = new Origin(
                "6.1.0-" + random.nextInt(100),
                digest(),
                0x2e7,
                FILES.stream()
                        .map(path -> new Origin.FileIdentity(path, random.nextInt(1 << 30), digest()))
                        .toList());
        return new Image(
                origin,
                process(),
                regions(regions, mostContent),
                IntStream.range(0, threads).mapToObj(this::thread).toList(),
                signals(),
                descriptors(descriptors));
    }

    private String digest() {
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        return MemoryUnits.sha256(bytes);
    }

    private ProcessState process() {
        long code = 0x40_0000;
        return new ProcessState(
                "/bin/python3",
                random.nextBoolean() ? "/" : "/function/ü",
                random.nextInt(01000),
                code,
                code + 1 + random.nextInt(1 << 20),
                0x80_0000,
                0x80_0000 + random.nextInt(1 << 20),
                0x100_0000,
                0x100_0000 + random.nextInt(1 << 20),
                0x7ffd_0000_0000L,
                0x7ffd_0000_1000L,
                0x7ffd_0000_1100L,
                0x7ffd_0000_1100L,
                0x7ffd_0000_2000L,
                bytes(16 * (1 + random.nextInt(22))),
                new ProcessState.Limit(1024, 4096),
                List.of(new ProcessState.Given(0, true), new ProcessState.Given(3, false)));
    }

    private Bytes bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return Bytes.of(bytes);
    }

    private List<Region> regions(int count, int mostContent) {
        List<Region> regions = new ArrayList<>();
        long at = 0x10_0000;
        for (int i = 0; i < count; i++) {
            at += (long) random.nextInt(700) * PAGE;
            long end = at + (long) (1 + random.nextInt(mostContent / PAGE)) * PAGE;
            regions.add(region(i, at, end));
            at = end;
        }
        return regions;
    }

    private Region region(int index, long start, long end) {
        Attributes attributes = new Attributes(
                random.nextInt(8),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(3) - 1,
                random.nextBoolean() ? "" : "glibc: malloc");
        return switch (index % 7) {
            case 0, 3, 5 ->
                new Region.Content(
                        start,
                        end,
                        attributes,
                        random.nextBoolean(),
                        units.region(start, end - start, random.nextInt(1000)).units());
            case 1 -> new Zero(start, end, attributes);
            case 2 -> index == 2 ? new Special(start, end, attributes, "[vdso]") : new Zero(start, end, attributes);
            default ->
                new FileMapping(
                        start,
                        end,
                        new Attributes(5, false, false, false, 0, ""),
                        random.nextBoolean(),
                        FILES.get(random.nextInt(FILES.size())),
                        (long) random.nextInt(1000) * PAGE);
        };
    }

    private ThreadState thread(int index) {
        ByteBuffer registers = ByteBuffer.allocate(216).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(registers.array());
        registers.putLong(16 * 8, 0x40_1000).putLong(17 * 8, 0x33).putLong(18 * 8, 0x246);
        registers.putLong(19 * 8, 0x7ffd_0000_0000L).putLong(20 * 8, 0x2b);
        registers.putLong(21 * 8, 0x7fff_0000L).putLong(22 * 8, 0);
        ByteBuffer extended = ByteBuffer.allocate(576 + 8 * random.nextInt(300)).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(extended.array());
        extended.putInt(24, 0x1f80).putLong(512, 7);
        for (int at = 520; at < 576; at += 8) {
            extended.putLong(at, 0);
        }
        return new ThreadState(
                index + 1,
                "thread-" + index,
                Bytes.of(registers.array()),
                Bytes.of(extended.array()),
                random.nextLong(),
                new ThreadState.AlternateStack(0x20_0000, random.nextBoolean() ? 2 : 0, 8192),
                random.nextBoolean() ? 0 : 0x30_0000,
                new ThreadState.RestartableSequence(0x40_0000, 32, 0x53053053),
                0x50_0000,
                0,
                random.nextInt(20));
    }

    private List<SignalAction> signals() {
        Set<Integer> numbers = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            numbers.add(20 + random.nextInt(45));
        }
        return numbers.stream()
                .map(number -> new SignalAction(number, 0x40_2000, 0x1400_0000L, 0x40_3000, random.nextLong()))
                .toList();
    }

    private List<Descriptor> descriptors(int count) {
        List<Descriptor> descriptors = new ArrayList<>();
        int number = 4;
        Bytes unread = bytes(random.nextInt(100));
        for (int i = 0; i < count; i++) {
            number += 1 + random.nextInt(3);
            descriptors.add(descriptor(i, number, unread, descriptors));
        }
        return descriptors;
    }

    private Descriptor descriptor(int index, int number, Bytes unread, List<Descriptor> before) {
        boolean close = random.nextBoolean();
        int nonBlocking = random.nextBoolean() ? 04000 : 0;
        return switch (index % 9) {
            case 0 -> new OpenFile(number, close, "/dev/urandom", nonBlocking, random.nextInt(1 << 20));
            case 1, 2 -> new PipeEnd(number, close, index / 9, index % 9 == 1, nonBlocking, unread, 65536);
            case 3 -> new EventCounter(number, close, random.nextInt(), nonBlocking);
            case 4 -> new Timer(number, close, 1, nonBlocking, false, random.nextInt(1 << 30), 0);
            case 5 -> new Signals(number, close, random.nextLong(), nonBlocking);
            case 6 -> new UnconnectedSocket(number, close, 2, 1 | nonBlocking, 0);
            case 7 ->
                new Duplicate(
                        number,
                        close,
                        random.nextBoolean() ? 2 : before.getFirst().number());
            default ->
                new Epoll(
                        number,
                        close,
                        before.stream()
                                .limit(3)
                                .map(each -> new Interest(each.number(), 1, random.nextLong()))
                                .toList());
        };
    }
}
