package dev.instar.template.pool;

import static dev.instar.template.image.MemoryUnits.PAGE;
import static dev.instar.template.image.MemoryUnits.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.FileContent;
import dev.instar.template.image.Image;
import dev.instar.template.image.MemoryUnits;
import dev.instar.template.image.Region;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import dev.instar.template.pool.PooledTemplate.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Templates that come and go in any order, with much in common. */
class SegmentPoolLifeTest {
    private static final long LIMIT = 512L << 20;
    private static final int EXTRA_PLACEMENTS = 4;

    private final MemoryUnits units = new MemoryUnits();

    /** Regions at places and with content of which there are few, so that much is alike. */
    private Image image(Random random) {
        List<Region> regions = new ArrayList<>();
        long at = 0x10_0000_0000L;
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            at += (long) random.nextInt(2) * WINDOW;
            long start = at + (long) random.nextInt(2) * 3 * PAGE;
            long length = (1 + random.nextInt(3)) * (random.nextBoolean() ? WINDOW / 2 + 5L * PAGE : 20L * PAGE);
            List<Unit> content = new ArrayList<>();
            for (Unit unit : units.region(start, length, 0).units()) {
                content.add(units.unit(unit.start(), unit.length(), random.nextInt(3)));
            }
            regions.add(new Content(start, start + length, MemoryUnits.READ_WRITE, false, content));
            at = (start + length + WINDOW) & -WINDOW;
        }
        return MemoryUnits.image(regions.toArray(Region[]::new));
    }

    @Property(tries = 40)
    void everyTemplateKeepsItsBytesAndNothingStaysBehind(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        try (HugePagePool pool = new HugePagePool(LIMIT, EXTRA_PLACEMENTS)) {
            Map<PooledTemplate, Image> alive = new HashMap<>();
            for (int step = 0; step < 12; step++) {
                if (random.nextInt(3) > 0 || alive.isEmpty()) {
                    Image image = image(random);
                    alive.put(pool.publish(image, units, "tenant-" + random.nextInt(2)), image);
                } else {
                    PooledTemplate gone = alive.keySet().iterator().next();
                    alive.remove(gone);
                    gone.close();
                }
                assertUsage(pool.usage(), alive);
            }
            alive.forEach(this::assertHolds);
            alive.keySet().forEach(PooledTemplate::close);
            assertThat(pool.usage()).isEqualTo(new PoolUsage(0, 0, 0, 0));
        }
    }

    @Test
    void manyPublishAtOnce() throws Exception {
        Image image = image(new Random(5));
        try (HugePagePool pool = new HugePagePool(LIMIT, EXTRA_PLACEMENTS);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<PooledTemplate>> results = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                results.add(threads.submit(() -> pool.publish(image, units, "tenant")));
            }
            long added = 0;
            for (Future<PooledTemplate> result : results) {
                added += result.get().addedBytes();
                assertHolds(result.get(), image);
            }
            assertThat(added).isEqualTo(pool.usage().stored());
            assertThat(pool.usage().stored() - pool.usage().padding()).isEqualTo(length(image));
            assertThat(pool.usage().saved()).isEqualTo(15 * length(image));
        }
    }

    private static long length(Image image) {
        return image.regions().stream().mapToLong(Region::length).sum();
    }

    private static void assertUsage(PoolUsage usage, Map<PooledTemplate, Image> alive) {
        assertThat(usage.templates()).isEqualTo(alive.size());
        assertThat(usage.referenced())
                .isEqualTo(alive.values().stream()
                        .mapToLong(SegmentPoolLifeTest::length)
                        .sum());
        Set<Object> mapped = new HashSet<>();
        alive.keySet()
                .forEach(template -> template.placements().forEach(placement -> {
                    int segment = template.segments().get(placement.segment()).number();
                    for (long at = 0; at < placement.end() - placement.start(); at += PAGE) {
                        mapped.add(List.of(segment, placement.offset() + at));
                    }
                }));
        assertThat(usage.stored() - usage.padding()).isEqualTo((long) mapped.size() * PAGE);
        assertThat(usage.padding()).isNotNegative();
    }

    private void assertHolds(PooledTemplate template, Image image) {
        assertThat(template.placements().size())
                .isLessThanOrEqualTo(image.regions().size() + EXTRA_PLACEMENTS);
        ByteBuffer buffer = ByteBuffer.allocateDirect(WINDOW);
        for (Region region : image.regions()) {
            for (Unit unit : ((Content) region).units()) {
                Placement placement = template.placements().stream()
                        .filter(each -> each.start() <= unit.start() && unit.start() + unit.length() <= each.end())
                        .findFirst()
                        .orElseThrow();
                buffer.clear().limit(unit.length());
                FileContent.read(
                        template.segments().get(placement.segment()),
                        placement.offset() + unit.start() - placement.start(),
                        buffer);
                assertThat(buffer.flip()).isEqualTo(ByteBuffer.wrap(units.content(unit)));
            }
        }
    }
}
