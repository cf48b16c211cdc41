package dev.instar.template.pool;

import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import dev.instar.template.pool.PooledTemplate.Placement;
import dev.instar.template.pool.Segment.Stored;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Joins units to placements: one for each stretch of a region that lies in one piece in one segment. */
final class Placements {
    private final List<Placement> placements = new ArrayList<>();
    private final Set<Segment> segments = new LinkedHashSet<>();
    private final List<Segment> numbered = new ArrayList<>();
    private final List<Stored> units = new ArrayList<>();

    /** @param regions by ascending address */
    Placements(List<Content> regions, Function<Unit, Stored> where) {
        for (Content region : regions) {
            @Nullable Stored first = null;
            @Nullable Stored last = null;
            long start = region.start();
            for (Unit unit : region.units()) {
                Stored stored = where.apply(unit);
                units.add(stored);
                if (first == null || last == null || last.next() != stored) {
                    end(start, unit.start(), first);
                    first = stored;
                    start = unit.start();
                }
                last = stored;
            }
            end(start, region.end(), first);
        }
    }

    private void end(long start, long end, @Nullable Stored first) {
        if (first == null) {
            return;
        }
        if (segments.add(first.segment())) {
            numbered.add(first.segment());
        }
        placements.add(new Placement(start, end, numbered.indexOf(first.segment()), first.offset()));
    }

    List<Placement> list() {
        return placements;
    }

    /** In the order in which placements count them. */
    Set<Segment> segments() {
        return segments;
    }

    /** Where each unit lies, in the image's order. */
    List<Stored> units() {
        return units;
    }
}
