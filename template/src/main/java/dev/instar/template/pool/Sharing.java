package dev.instar.template.pool;

import dev.instar.template.image.Region.Content;
import dev.instar.template.image.Region.Unit;
import dev.instar.template.pool.Segment.Stored;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which units of a template are taken from segments that exist. A region that is taken as a whole costs nothing; where
 * only a part is, the region splits, and every split costs each later clone: so those are taken that save most, within
 * a budget.
 */
final class Sharing {
    /** What a split must save at least. A region costs a clone about as much time and memory as some pages. */
    private static final long WORTH_A_SPLIT = 64 << 10;

    /** How many places of one content are looked at: a function could fill its memory with thousands alike. */
    private static final int MOST_PLACES = 8;

    private final List<Content> regions;
    private final List<@Nullable Stored[]> chosen = new ArrayList<>();

    private Sharing(List<Content> regions) {
        this.regions = regions;
    }

    /** Finds where units like one lie already. */
    interface Index {
        Collection<Stored> find(Segment.Key key);
    }

    /** Units of one region that lie one behind the other in one segment. */
    private record Match(int region, int from, List<Stored> units) {
        int to() {
            return from + units.size();
        }

        long length() {
            return units.stream().mapToLong(unit -> unit.key().length()).sum();
        }
    }

    /**
     * Chooses.
     *
     * @param budget how many splits are allowed
     */
    static Sharing choose(List<Content> regions, Index index, int budget) {
        Sharing sharing = new Sharing(regions);
        List<Match> partial = new ArrayList<>();
        for (int r = 0; r < regions.size(); r++) {
            sharing.chosen.add(new Stored[regions.get(r).units().size()]);
            for (Match match : matches(r, regions.get(r).units(), index)) {
                if (match.units().size() == regions.get(r).units().size()) {
                    sharing.take(match);
                } else {
                    partial.add(match);
                }
            }
        }
        partial.sort(Comparator.comparingLong(Match::length).reversed());
        int left = budget;
        for (Match match : partial) {
            int splits = sharing.splits(match);
            if (splits <= left && match.length() >= splits * WORTH_A_SPLIT) {
                sharing.take(match);
                left -= splits;
            }
        }
        return sharing;
    }

    private static List<Match> matches(int region, List<Unit> units, Index index) {
        List<Match> matches = new ArrayList<>();
        int next = 0;
        while (next < units.size()) {
            List<Stored> longest = longestFrom(units, next, index);
            if (longest.isEmpty()) {
                next++;
            } else {
                matches.add(new Match(region, next, longest));
                next += longest.size();
            }
        }
        return matches;
    }

    private static List<Stored> longestFrom(List<Unit> units, int from, Index index) {
        List<Stored> longest = List.of();
        int tried = 0;
        for (Stored first : index.find(Segment.Key.of(units.get(from)))) {
            List<Stored> run = new ArrayList<>(List.of(first));
            Stored next = first.next();
            while (next != null
                    && from + run.size() < units.size()
                    && next.key().equals(Segment.Key.of(units.get(from + run.size())))) {
                run.add(next);
                next = next.next();
            }
            if (run.size() > longest.size()) {
                longest = run;
            }
            if (++tried == MOST_PLACES) {
                break;
            }
        }
        return longest;
    }

    /** A border with units that are not shared is a new split; one with shared units is one already. */
    private int splits(Match match) {
        @Nullable Stored[] region = chosen.get(match.region());
        int splits = 0;
        if (match.from() > 0 && region[match.from() - 1] == null) {
            splits++;
        }
        if (match.to() < region.length && region[match.to()] == null) {
            splits++;
        }
        return splits;
    }

    private void take(Match match) {
        for (int i = 0; i < match.units().size(); i++) {
            chosen.get(match.region())[match.from() + i] = match.units().get(i);
        }
    }

    /** What is taken, by the address where the template has it. */
    Map<Long, Stored> shared() {
        Map<Long, Stored> shared = new HashMap<>();
        for (int r = 0; r < regions.size(); r++) {
            List<Unit> units = regions.get(r).units();
            for (int u = 0; u < units.size(); u++) {
                Stored stored = chosen.get(r)[u];
                if (stored != null) {
                    shared.put(units.get(u).start(), stored);
                }
            }
        }
        return shared;
    }

    /** What is left to store: runs of neighbouring units. */
    List<List<Unit>> rest() {
        List<List<Unit>> runs = new ArrayList<>();
        for (int r = 0; r < regions.size(); r++) {
            List<Unit> run = new ArrayList<>();
            List<Unit> units = regions.get(r).units();
            for (int u = 0; u < units.size(); u++) {
                if (chosen.get(r)[u] == null) {
                    run.add(units.get(u));
                } else if (!run.isEmpty()) {
                    runs.add(run);
                    run = new ArrayList<>();
                }
            }
            if (!run.isEmpty()) {
                runs.add(run);
            }
        }
        return runs;
    }
}
