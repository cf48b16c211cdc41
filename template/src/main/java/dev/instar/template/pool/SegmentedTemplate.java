package dev.instar.template.pool;

import dev.instar.linux.Fd;
import dev.instar.template.pool.Segment.Stored;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A template in a {@link SegmentPool}. */
final class SegmentedTemplate implements PooledTemplate {
    private final List<Placement> placements;
    private final List<Segment> segments;
    private final List<Stored> units;
    private final long addedBytes;
    private final long sharedBytes;
    private final Consumer<SegmentedTemplate> onClose;

    /**
     * @param segments in the order in which placements count them
     * @param units one for each unit of the image
     * @param onClose called at every close
     */
    SegmentedTemplate(
            List<Placement> placements,
            Set<Segment> segments,
            List<Stored> units,
            long addedBytes,
            long sharedBytes,
            Consumer<SegmentedTemplate> onClose) {
        this.placements = List.copyOf(placements);
        this.segments = List.copyOf(segments);
        this.units = List.copyOf(units);
        this.addedBytes = addedBytes;
        this.sharedBytes = sharedBytes;
        this.onClose = onClose;
    }

    @Override
    public List<Placement> placements() {
        return placements;
    }

    @Override
    public List<Fd> segments() {
        return segments.stream().map(Segment::content).toList();
    }

    @Override
    public long addedBytes() {
        return addedBytes;
    }

    @Override
    public long sharedBytes() {
        return sharedBytes;
    }

    List<Segment> usedSegments() {
        return segments;
    }

    List<Stored> units() {
        return units;
    }

    long mappedBytes() {
        return units.stream().mapToLong(unit -> unit.key().length()).sum();
    }

    @Override
    public void close() {
        onClose.accept(this);
    }
}
