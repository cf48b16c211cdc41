package dev.instar.template.pool;

import dev.instar.linux.Errno;
import dev.instar.linux.LinuxException;
import dev.instar.template.image.Image;
import dev.instar.template.image.Region;
import dev.instar.template.image.Region.Content;
import dev.instar.template.image.UnitSource;
import dev.instar.template.pool.Segment.Stored;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A pool of segments: every published template has at most one of its own, which holds what it could not share, and
 * uses those of others in its domain. A segment stays while any template uses any of it.
 */
abstract sealed class SegmentPool implements MemoryPool permits HugePagePool, DirectoryPool {
    private final long limit;
    private final int extraPlacements;

    // Publishing goes one by one, so that the second of two alike finds what the first has stored; it takes as long as
    // writing. The pool's own monitor guards what follows and is held for moments only.
    private final ReentrantLock publishing = new ReentrantLock();
    private final Map<String, Map<Segment.Key, Set<Stored>>> domains = new HashMap<>();
    private final Set<Segment> segments = new LinkedHashSet<>();
    private final Set<SegmentedTemplate> templates = new LinkedHashSet<>();
    private boolean closed;

    SegmentPool(long limit, int extraPlacements) {
        if (limit < 0 || extraPlacements < 0) {
            throw new IllegalArgumentException("negative: limit " + limit + ", placements " + extraPlacements);
        }
        this.limit = limit;
        this.extraPlacements = extraPlacements;
    }

    /**
     * Starts a segment.
     *
     * @param size in bytes, a multiple of 2 MiB
     */
    abstract SegmentWriter create(long size) throws IOException;

    /** Lets go of what all segments had in common. */
    void closeStorage() {}

    /** {@inheritDoc} The pages are written, and charged to the memory control group of, the calling thread. */
    @Override
    public PooledTemplate publish(Image image, UnitSource units, String domain) throws IOException {
        List<Content> regions = contentOf(image);
        publishing.lock();
        try {
            Map<Long, Stored> shared = new HashMap<>();
            try {
                Sharing sharing = share(regions, domain, shared);
                SegmentLayout layout = SegmentLayout.of(sharing.rest());
                return register(regions, shared, store(layout, units, domain));
            } finally {
                release(segmentsOf(shared.values()));
            }
        } finally {
            publishing.unlock();
        }
    }

    private static List<Content> contentOf(Image image) {
        List<Content> regions = new ArrayList<>();
        for (Region region : image.regions()) {
            if (region instanceof Content content) {
                content.units().forEach(Window::check);
                regions.add(content);
            }
        }
        return regions;
    }

    /**
     * Finds what need not be stored.
     *
     * @param shared takes what is found, by address; its segments are retained, or they might go before the template is
     *     registered
     */
    private synchronized Sharing share(List<Content> regions, String domain, Map<Long, Stored> shared) {
        checkOpen();
        Map<Segment.Key, Set<Stored>> index = domains.getOrDefault(domain, Map.of());
        Sharing sharing = Sharing.choose(regions, key -> index.getOrDefault(key, Set.of()), extraPlacements);
        shared.putAll(sharing.shared());
        segmentsOf(shared.values()).forEach(Segment::retain);
        return sharing;
    }

    private @Nullable Segment store(SegmentLayout layout, UnitSource units, String domain) throws IOException {
        if (layout.units().isEmpty()) {
            return null;
        }
        long stored = usage().stored();
        if (layout.storedBytes() > limit - stored) {
            throw new PoolFullException(layout.storedBytes(), stored, limit);
        }
        try (SegmentWriter writer = create(layout.size())) {
            // Sparse windows first: a file system changes from small pages to huge ones once, not to and fro.
            ByteBuffer buffer = ByteBuffer.allocateDirect(Window.SIZE);
            write(layout, false, units, buffer, writer);
            write(layout, true, units, buffer, writer);
            Segment segment = new Segment(writer.publish(), domain);
            layout.units().forEach(placed -> segment.add(placed.unit(), placed.offset()));
            return segment;
        } catch (LinuxException failed) {
            if (failed.errno() == Errno.ENOSPC || failed.errno() == Errno.ENOMEM) {
                throw new PoolFullException(layout.storedBytes(), failed);
            }
            throw new IOException("cannot store template pages: " + failed.getMessage(), failed);
        }
    }

    private static void write(
            SegmentLayout layout, boolean dense, UnitSource units, ByteBuffer buffer, SegmentWriter writer)
            throws IOException {
        writer.useHugePages(dense);
        for (SegmentLayout.Placed placed : layout.units()) {
            if (layout.isDense(placed.offset()) != dense) {
                continue;
            }
            buffer.clear().limit(placed.unit().length());
            units.read(placed.unit(), buffer);
            if (buffer.hasRemaining()) {
                throw new IOException(buffer.remaining() + " bytes missing of " + placed.unit());
            }
            writer.write(placed.offset(), buffer.flip());
        }
    }

    private PooledTemplate register(List<Content> regions, Map<Long, Stored> shared, @Nullable Segment added) {
        synchronized (this) {
            if (!closed) {
                if (added != null) {
                    index(added);
                }
                return makeTemplate(regions, shared, added);
            }
        }
        if (added != null) {
            added.free();
        }
        throw closedException();
    }

    private SegmentedTemplate makeTemplate(List<Content> regions, Map<Long, Stored> shared, @Nullable Segment added) {
        Placements placements = new Placements(regions, unit -> {
            Stored stored = shared.get(unit.start());
            return stored != null ? stored : Objects.requireNonNull(added).at(unit);
        });
        SegmentedTemplate template = new SegmentedTemplate(
                placements.list(),
                placements.segments(),
                placements.units(),
                added == null ? 0 : added.storedBytes(),
                shared.values().stream().mapToLong(unit -> unit.key().length()).sum(),
                this::close);
        template.usedSegments().forEach(Segment::retain);
        template.units().forEach(Stored::retain);
        templates.add(template);
        return template;
    }

    private void index(Segment segment) {
        segments.add(segment);
        Map<Segment.Key, Set<Stored>> index = domains.computeIfAbsent(segment.domain(), name -> new HashMap<>());
        for (Stored unit : segment.units()) {
            index.computeIfAbsent(unit.key(), key -> new LinkedHashSet<>()).add(unit);
        }
    }

    private void close(SegmentedTemplate template) {
        synchronized (this) {
            if (!templates.remove(template)) {
                return;
            }
            template.units().forEach(Stored::release);
        }
        release(template.usedSegments());
    }

    /** Lets go of segments, and frees those that nobody uses any more. */
    private void release(Collection<Segment> used) {
        List<Segment> unused = new ArrayList<>();
        synchronized (this) {
            for (Segment segment : used) {
                if (segment.release() && segments.remove(segment)) {
                    forget(segment);
                    unused.add(segment);
                }
            }
        }
        // Freeing much memory takes its time.
        unused.forEach(Segment::free);
    }

    private void forget(Segment segment) {
        Map<Segment.Key, Set<Stored>> index = domains.getOrDefault(segment.domain(), Map.of());
        for (Stored unit : segment.units()) {
            index.computeIfPresent(unit.key(), (key, places) -> {
                places.remove(unit);
                return places.isEmpty() ? null : places;
            });
        }
        if (index.isEmpty()) {
            domains.remove(segment.domain());
        }
    }

    @Override
    public synchronized PoolUsage usage() {
        long stored = segments.stream().mapToLong(Segment::storedBytes).sum();
        long mapped = segments.stream().mapToLong(Segment::mappedBytes).sum();
        long referenced =
                templates.stream().mapToLong(SegmentedTemplate::mappedBytes).sum();
        return new PoolUsage(stored, referenced, stored - mapped, templates.size());
    }

    @Override
    public void close() {
        List<Segment> all;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            all = List.copyOf(segments);
            segments.clear();
            templates.clear();
            domains.clear();
        }
        all.forEach(Segment::free);
        // A template that is being published uses the storage until it finds the pool closed.
        publishing.lock();
        try {
            closeStorage();
        } finally {
            publishing.unlock();
        }
    }

    private static Set<Segment> segmentsOf(Collection<Stored> units) {
        Set<Segment> segments = new LinkedHashSet<>();
        units.forEach(unit -> segments.add(unit.segment()));
        return segments;
    }

    private void checkOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the pool is closed");
    }
}
