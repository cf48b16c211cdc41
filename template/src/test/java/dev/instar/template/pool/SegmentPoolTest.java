package dev.instar.template.pool;

import static dev.instar.template.image.MemoryUnits.PAGE;
import static dev.instar.template.image.MemoryUnits.WINDOW;
import static dev.instar.template.image.MemoryUnits.image;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.linux.Fd;
import dev.instar.linux.FileContent;
import dev.instar.template.image.Image;
import dev.instar.template.image.MemoryUnits;
import dev.instar.template.image.Region;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import dev.instar.template.pool.PooledTemplate.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What both pools have in common. */
class SegmentPoolTest {
    private static final long LIMIT = 256L << 20;
    private static final long BASE = 0x7f00_0000_0000L;
    private static final String DOMAIN = "tenant";

    private final MemoryUnits units = new MemoryUnits();
    private MemoryPool pool;

    @TempDir
    Path directory;

    enum Kind {
        HUGE,
        DIRECTORY
    }

    private void open(Kind kind, long limit, int extraPlacements) throws IOException {
        pool = kind == Kind.HUGE
                ? new HugePagePool(limit, extraPlacements)
                : new DirectoryPool(directory, limit, extraPlacements);
    }

    private void open(Kind kind) throws IOException {
        open(kind, LIMIT, 64);
    }

    @AfterEach
    void close() {
        if (pool != null) {
            pool.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void placesEveryRegionInOnePieceWithItsBytes(Kind kind) throws IOException {
        open(kind);
        Image image = image(
                new Region.Zero(BASE - WINDOW, BASE, MemoryUnits.READ_WRITE),
                units.region(BASE + 5 * PAGE, 3 * PAGE, 1),
                units.region(BASE + WINDOW - 2 * PAGE, 3L * WINDOW, 10),
                units.region(BASE + 7L * WINDOW, 2L * WINDOW, 20),
                units.region(BASE + 20L * WINDOW + 9 * PAGE, PAGE, 30));
        PooledTemplate template = pool.publish(image, units, DOMAIN);
        assertThat(template.placements()).hasSize(4);
        assertThat(template.segments()).hasSize(1);
        assertHolds(template, image);
        assertThat(template.sharedBytes()).isZero();
        assertThat(template.addedBytes()).isEqualTo(pool.usage().stored());
        // One window is nearly full and has a huge page.
        assertThat(pool.usage().padding()).isEqualTo(kind == Kind.HUGE ? 2 * PAGE : 0);
    }

    /** By mapping, as zygotes do: read(2) would not allocate a hole either. */
    @ParameterizedTest
    @EnumSource
    void readingEverythingAllocatesNothing(Kind kind) throws IOException {
        open(kind);
        Image image = image(
                units.region(BASE + PAGE, PAGE, 1),
                units.region(BASE + 4 * PAGE, 300L * PAGE, 2),
                units.region(BASE + WINDOW + 77 * PAGE, 5L * WINDOW, 3));
        PooledTemplate template = pool.publish(image, units, DOMAIN);
        Fd segment = template.segments().getFirst();
        assertThat(FileContent.allocatedBytes(segment)).isEqualTo(template.addedBytes());
        for (Placement placement : template.placements()) {
            readMapped(segment, placement.offset(), placement.end() - placement.start());
        }
        assertThat(FileContent.allocatedBytes(segment)).isEqualTo(template.addedBytes());

        if (kind == Kind.HUGE) {
            // That it would have shown: here is a hole.
            readMapped(segment, template.placements().get(1).offset() - PAGE, PAGE);
            assertThat(FileContent.allocatedBytes(segment)).isGreaterThan(template.addedBytes());
        }
    }

    private static void readMapped(Fd segment, long offset, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of("/proc/self/fd/" + segment.number()))) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
            byte[] bytes = new byte[(int) length];
            mapped.get(bytes);
            assertThat(bytes).hasSize((int) length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void sharesWhatIsEqualWithinADomain(Kind kind) throws IOException {
        open(kind);
        Content common = units.region(BASE + 3 * PAGE, 4L * WINDOW, 100);
        Image one = image(common, units.region(BASE + 9L * WINDOW, WINDOW, 1));
        Image two = image(common, units.region(BASE + 9L * WINDOW, WINDOW, 2));
        PooledTemplate first = pool.publish(one, units, DOMAIN);
        PooledTemplate second = pool.publish(two, units, DOMAIN);
        assertThat(second.sharedBytes()).isEqualTo(common.length());
        assertThat(second.addedBytes()).isEqualTo(WINDOW);
        assertThat(second.placements()).hasSize(2);
        assertHolds(first, one);
        assertHolds(second, two);
        PoolUsage usage = pool.usage();
        assertThat(usage.referenced()).isEqualTo(2 * common.length() + 2 * WINDOW);
        assertThat(usage.stored() - usage.padding()).isEqualTo(common.length() + 2 * WINDOW);
        assertThat(usage.saved()).isEqualTo(common.length());
        assertThat(usage.templates()).isEqualTo(2);

        PooledTemplate stranger = pool.publish(two, units, "another tenant");
        assertThat(stranger.sharedBytes()).isZero();
        assertHolds(stranger, two);
    }

    @ParameterizedTest
    @EnumSource
    void sharesWhatLiesAtAnotherAddressButAlikeInItsWindow(Kind kind) throws IOException {
        open(kind);
        pool.publish(image(units.region(BASE + 3 * PAGE, 9L * PAGE, 1)), units, DOMAIN);
        PooledTemplate moved =
                pool.publish(image(units.region(BASE + 8L * WINDOW + 3 * PAGE, 9L * PAGE, 1)), units, DOMAIN);
        assertThat(moved.addedBytes()).isZero();
        PooledTemplate shifted =
                pool.publish(image(units.region(BASE + 8L * WINDOW + 4 * PAGE, 9L * PAGE, 1)), units, DOMAIN);
        assertThat(shifted.sharedBytes()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void splitsRegionsWithinTheBudget(Kind kind) throws IOException {
        open(kind, LIMIT, 3);
        pool.publish(image(units.region(BASE, 9L * WINDOW, 0)), units, DOMAIN);
        // Of nine windows, those with odd numbers are equal.
        List<Unit> mixed = Stream.iterate(0, i -> i + 1)
                .limit(9)
                .map(i -> units.unit(BASE + (long) i * WINDOW, WINDOW, i % 2 == 1 ? i : 1000 + i))
                .toList();
        Image image = image(new Content(BASE, BASE + 9L * WINDOW, MemoryUnits.READ_WRITE, false, mixed));
        PooledTemplate template = pool.publish(image, units, DOMAIN);
        assertThat(template.placements()).hasSize(3);
        assertThat(template.sharedBytes()).isEqualTo(WINDOW);
        assertHolds(template, image);
    }

    @ParameterizedTest
    @EnumSource
    void freesASegmentWhenNobodyUsesIt(Kind kind) throws IOException {
        open(kind);
        Content common = units.region(BASE, 2L * WINDOW, 100);
        PooledTemplate first = pool.publish(image(common, units.region(BASE + 9L * WINDOW, WINDOW, 1)), units, DOMAIN);
        Image image = image(common, units.region(BASE + 9L * WINDOW, WINDOW, 2));
        PooledTemplate second = pool.publish(image, units, DOMAIN);
        first.close();
        first.close();
        assertHolds(second, image);
        assertThat(pool.usage()).isEqualTo(new PoolUsage(4L * WINDOW, 3L * WINDOW, WINDOW, 1));
        second.close();
        assertThat(pool.usage()).isEqualTo(new PoolUsage(0, 0, 0, 0));
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.filter(file -> file.toString().endsWith(".segment")))
                    .isEmpty();
        }
        assertThat(pool.publish(image, units, DOMAIN).sharedBytes()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatDoesNotFitAndKeepsNothing(Kind kind) throws IOException {
        open(kind, 3L * WINDOW, 64);
        pool.publish(image(units.region(BASE, 2L * WINDOW, 1)), units, DOMAIN);
        PoolUsage before = pool.usage();
        assertThatThrownBy(() -> pool.publish(image(units.region(BASE, 2L * WINDOW, 50)), units, DOMAIN))
                .isInstanceOf(PoolFullException.class)
                .hasMessageContaining(Long.toString(3L * WINDOW));
        assertThat(pool.usage()).isEqualTo(before);
        assertThat(pool.publish(image(units.region(BASE, WINDOW, 50)), units, DOMAIN)
                        .addedBytes())
                .isEqualTo(WINDOW);
    }

    @ParameterizedTest
    @EnumSource
    void keepsNothingOfWhatCannotBeRead(Kind kind) throws IOException {
        open(kind);
        Content common = units.region(BASE, 2L * WINDOW, 100);
        PooledTemplate first = pool.publish(image(common), units, DOMAIN);
        Image image = image(common, units.region(BASE + 9L * WINDOW, 2L * WINDOW, 2));
        assertThatThrownBy(() -> pool.publish(
                        image,
                        (unit, into) -> {
                            throw new IOException("gone");
                        },
                        DOMAIN))
                .hasMessage("gone");
        assertThatThrownBy(() -> pool.publish(image, (unit, into) -> into.put(new byte[PAGE]), DOMAIN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("missing");
        assertThat(pool.usage().stored()).isEqualTo(2L * WINDOW);
        first.close();
        assertThat(pool.usage()).isEqualTo(new PoolUsage(0, 0, 0, 0));
        assertHolds(pool.publish(image, units, DOMAIN), image);
    }

    @ParameterizedTest
    @EnumSource
    void isEmptyAndUselessOnceClosed(Kind kind) throws IOException {
        open(kind);
        PooledTemplate template = pool.publish(image(units.region(BASE, WINDOW, 1)), units, DOMAIN);
        pool.close();
        pool.close();
        template.close();
        assertThat(pool.usage().stored()).isZero();
        assertThatThrownBy(() -> pool.publish(image(), units, DOMAIN)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void templatesWithoutContentNeedNoSegment(Kind kind) throws IOException {
        open(kind);
        PooledTemplate template = pool.publish(image(), units, DOMAIN);
        assertThat(template.placements()).isEmpty();
        assertThat(template.segments()).isEmpty();
        assertThat(pool.usage()).isEqualTo(new PoolUsage(0, 0, 0, 1));
    }

    /** Every unit's bytes, through the placements; offsets congruent; placements in order and within one region. */
    private void assertHolds(PooledTemplate template, Image image) {
        assertThat(template.placements()).isSortedAccordingTo((a, b) -> Long.compare(a.start(), b.start()));
        List<Content> regions = image.regions().stream()
                .filter(Content.class::isInstance)
                .map(Content.class::cast)
                .toList();
        long covered = 0;
        for (Placement placement : template.placements()) {
            assertThat(placement.offset() % WINDOW).isEqualTo(placement.start() % WINDOW);
            Content region = regions.stream()
                    .filter(each -> each.start() <= placement.start() && placement.end() <= each.end())
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = read(template, placement);
            for (Unit unit : region.units()) {
                if (unit.start() >= placement.start() && unit.start() < placement.end()) {
                    byte[] found = new byte[unit.length()];
                    System.arraycopy(bytes, (int) (unit.start() - placement.start()), found, 0, found.length);
                    assertThat(found).isEqualTo(units.content(unit));
                    covered += unit.length();
                }
            }
        }
        assertThat(covered).isEqualTo(regions.stream().mapToLong(Region::length).sum());
    }

    private static byte[] read(PooledTemplate template, Placement placement) {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) (placement.end() - placement.start()));
        FileContent.read(template.segments().get(placement.segment()), placement.offset(), buffer);
        assertThat(buffer.hasRemaining()).isFalse();
        byte[] bytes = new byte[buffer.capacity()];
        buffer.flip().get(bytes);
        return bytes;
    }
}
