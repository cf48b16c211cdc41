package dev.instar.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Calls that were not answered as they should have been: how many of each kind, and the first few. Thread-safe. */
public final class Failures {
    private static final int SHOWN = 3;
    private static final int LONGEST = 500;

    private final Map<String, Kind> kinds = new TreeMap<>();

    private static final class Kind {
        private final List<String> first = new ArrayList<>();
        private long count;
    }

    /**
     * Failures of one kind.
     *
     * @param kind such as {@code status 502}
     * @param count how many
     * @param first what the first of them were answered
     */
    public record Group(String kind, long count, List<String> first) {
        public Group {
            first = List.copyOf(first);
        }
    }

    /** Counts one. */
    public void add(String kind, String answer) {
        add(new Group(kind, 1, List.of(answer.length() > LONGEST ? answer.substring(0, LONGEST) + "…" : answer)));
    }

    /** Counts what somebody else has counted. */
    public synchronized void add(Group group) {
        Kind kind = kinds.computeIfAbsent(group.kind(), any -> new Kind());
        kind.count += group.count();
        group.first().stream().limit(SHOWN - kind.first.size()).forEach(kind.first::add);
    }

    /** How many there are. */
    public synchronized long count() {
        return kinds.values().stream().mapToLong(kind -> kind.count).sum();
    }

    /** By kind. */
    public synchronized List<Group> groups() {
        return kinds.entrySet().stream()
                .map(each -> new Group(each.getKey(), each.getValue().count, each.getValue().first))
                .toList();
    }
}
