package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The order in which waiting starts are served: by priority, within a priority one start of each namespace in turn,
 * within a namespace one of each function in turn, within a function oldest first. Whoever waits rises by one priority
 * for each aging time, so that nobody starves.
 *
 * <p>The turns are those of start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996) with a start as the unit of
 * service: who has been served is due again one round later, and who comes back does not catch up on what it did not
 * ask for.
 *
 * <p>Once a start has aged to the highest priority and {@code k} older ones of its function wait, each other function
 * of its namespace is served at most {@code k + 2} times before it; and if these are {@code n} starts together, each
 * other namespace at most {@code n + 2} times.
 *
 * <p>Not thread-safe; knows only the time it is told.
 *
 * @param <T> what waits
 */
final class StartQueue<T> {
    private final long agingNanos;
    private final Turns<Namespace<T>> namespaces = new Turns<>();
    private long sequence;

    /** @param aging how long a wait raises the priority by one */
    StartQueue(Duration aging) {
        this.agingNanos = Math.max(1, aging.toNanos());
    }

    /** Where something waits; the same again when it is put back. */
    record Place<T>(T item, Priority priority, FunctionName function, long since, long sequence) {}

    /** Those who take turns, by name. */
    private static final class Turns<M extends Member> {
        private final Map<String, M> members = new LinkedHashMap<>();
        private long round;

        void served(Member member) {
            round = Math.max(member.due, round);
            member.due = round + 1;
        }

        /** Who has nothing that waits is remembered only as long as it has had more than its turn. */
        void forgetTheIdle() {
            if (members.values().stream().allMatch(member -> member.size == 0)) {
                members.clear();
                round = 0;
            } else {
                members.values().removeIf(member -> member.size == 0 && member.due <= round);
            }
        }
    }

    private static class Member {
        /** The round in which it is to be served next. */
        long due;
        /** How many of its starts wait. */
        int size;
    }

    private static final class Namespace<T> extends Member {
        final Turns<Waiting<T>> functions = new Turns<>();
    }

    /** What waits of one function: by priority, within it by age. */
    private static final class Waiting<T> extends Member {
        final Map<Priority, TreeMap<Long, Place<T>>> places = new EnumMap<>(Priority.class);
    }

    /** Lets something wait from now on. */
    Place<T> add(T item, Priority priority, FunctionName function, long now) {
        Place<T> place = new Place<>(item, priority, function, now, sequence++);
        insert(place);
        return place;
    }

    private void insert(Place<T> place) {
        Namespace<T> namespace =
                namespaces.members.computeIfAbsent(place.function().namespace(), _ -> new Namespace<>());
        Waiting<T> function =
                namespace.functions.members.computeIfAbsent(place.function().name(), _ -> new Waiting<>());
        function.places.computeIfAbsent(place.priority(), _ -> new TreeMap<>()).put(place.sequence(), place);
        function.size++;
        namespace.size++;
    }

    /** Puts back what had been served in vain, as if it had never been served. */
    void putBack(Place<T> place) {
        insert(place);
        refund(place);
    }

    /** What had been served did not need it: nobody is charged for it. */
    void refund(Place<T> place) {
        Namespace<T> namespace = namespaces.members.get(place.function().namespace());
        if (namespace != null) {
            namespace.due--;
            Waiting<T> function =
                    namespace.functions.members.get(place.function().name());
            if (function != null) {
                function.due--;
            }
        }
    }

    /** Takes out what does not wait any more; nothing happens if it did not. */
    void remove(Place<T> place) {
        if (!contains(place)) {
            return;
        }
        Namespace<T> namespace = namespace(place);
        Waiting<T> function = function(place);
        function.places.values().forEach(places -> places.remove(place.sequence()));
        function.size--;
        namespace.size--;
        namespace.functions.forgetTheIdle();
        namespaces.forgetTheIdle();
    }

    /** Takes out what is given its turn. */
    void serve(Place<T> place) {
        if (!contains(place)) {
            throw new IllegalStateException("it does not wait: " + place);
        }
        Namespace<T> namespace = namespace(place);
        namespaces.served(namespace);
        namespace.functions.served(function(place));
        remove(place);
    }

    /**
     * Whose turn it is; null if nobody of them waits.
     *
     * @param among the namespaces asked about
     */
    @Nullable
    Place<T> next(long now, Predicate<String> among) {
        return namespaces.members.entrySet().stream()
                .filter(entry -> entry.getValue().size > 0 && among.test(entry.getKey()))
                .map(entry -> first(entry.getValue(), now))
                .min(byLevel(now)
                        .thenComparingLong(place -> Math.max(namespaces.round, namespace(place).due))
                        .thenComparingLong(Place::sequence))
                .orElse(null);
    }

    /** For each function with waiting starts the one whose turn it is, oldest first. */
    List<Place<T>> firstOfEach(long now) {
        List<Place<T>> all = new ArrayList<>();
        for (Namespace<T> namespace : namespaces.members.values()) {
            for (Waiting<T> function : namespace.functions.members.values()) {
                if (function.size > 0) {
                    all.add(first(function, now));
                }
            }
        }
        all.sort(Comparator.comparingLong(Place::sequence));
        return all;
    }

    /** How many wait. */
    int size() {
        return namespaces.members.values().stream()
                .mapToInt(namespace -> namespace.size)
                .sum();
    }

    /** The priority that it has come to by waiting: 0 is the highest. */
    int level(Place<T> place, long now) {
        return (int) Math.max(0, place.priority().level() - Math.max(0, now - place.since()) / agingNanos);
    }

    private Place<T> first(Namespace<T> namespace, long now) {
        Turns<Waiting<T>> turns = namespace.functions;
        return turns.members.values().stream()
                .filter(function -> function.size > 0)
                .map(function -> first(function, now))
                .min(byLevel(now)
                        .thenComparingLong(place -> Math.max(turns.round, function(place).due))
                        .thenComparingLong(Place::sequence))
                .orElseThrow();
    }

    private Place<T> first(Waiting<T> function, long now) {
        return function.places.values().stream()
                .filter(places -> !places.isEmpty())
                .map(places -> places.firstEntry().getValue())
                .min(byLevel(now).thenComparingLong(Place::sequence))
                .orElseThrow();
    }

    private Comparator<Place<T>> byLevel(long now) {
        return Comparator.comparingInt(place -> level(place, now));
    }

    private boolean contains(Place<T> place) {
        Namespace<T> namespace = namespaces.members.get(place.function().namespace());
        Waiting<T> function = namespace == null
                ? null
                : namespace.functions.members.get(place.function().name());
        TreeMap<Long, Place<T>> places = function == null ? null : function.places.get(place.priority());
        return places != null && places.containsKey(place.sequence());
    }

    private Namespace<T> namespace(Place<T> place) {
        return Objects.requireNonNull(namespaces.members.get(place.function().namespace()));
    }

    private Waiting<T> function(Place<T> place) {
        return Objects.requireNonNull(
                namespace(place).functions.members.get(place.function().name()));
    }
}
