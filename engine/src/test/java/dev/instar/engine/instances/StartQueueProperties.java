package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Priority;
import dev.instar.engine.instances.StartQueue.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.NullUnmarked;

@NullUnmarked
class StartQueueProperties {
    private static final Duration AGING = Duration.ofNanos(1000);

    private static FunctionName function(Random random, int namespaces, int functions) {
        return new FunctionName("n" + random.nextInt(namespaces), "f" + random.nextInt(functions));
    }

    private static Priority priority(Random random) {
        return Priority.values()[random.nextInt(3)];
    }

    @Property(tries = 300)
    void everythingIsServedOnceOrTakenOut(@ForAll long seed) {
        Random random = new Random(seed);
        StartQueue<Integer> queue = new StartQueue<>(AGING);
        List<Place<Integer>> waiting = new ArrayList<>();
        Set<Integer> done = new HashSet<>();
        long now = 0;
        int made = 0;
        for (int step = 0; step < 400; step++) {
            now += random.nextInt(200);
            switch (random.nextInt(5)) {
                case 0, 1 -> waiting.add(queue.add(made++, priority(random), function(random, 3, 2), now));
                case 2 -> {
                    if (!waiting.isEmpty()) {
                        Place<Integer> leaves = waiting.remove(random.nextInt(waiting.size()));
                        queue.remove(leaves);
                        queue.remove(leaves);
                        assertThat(done.add(leaves.item())).isTrue();
                    }
                }
                default -> {
                    Place<Integer> first = queue.next(now, _ -> true);
                    assertThat(first == null).isEqualTo(waiting.isEmpty());
                    if (first != null) {
                        queue.serve(first);
                        if (random.nextInt(4) == 0) {
                            queue.putBack(first);
                        } else {
                            assertThat(waiting.remove(first)).isTrue();
                            assertThat(done.add(first.item())).isTrue();
                        }
                    }
                }
            }
            assertThat(queue.size()).isEqualTo(waiting.size());
            assertThat(queue.firstOfEach(now)).hasSize((int)
                    waiting.stream().map(Place::function).distinct().count());
        }
        while (queue.size() > 0) {
            Place<Integer> first = queue.next(now, _ -> true);
            queue.serve(first);
            assertThat(done.add(first.item())).isTrue();
        }
        assertThat(done).hasSize(made);
    }

    @Property(tries = 200)
    void noHigherPriorityWaitsBehindALowerOne(@ForAll long seed) {
        Random random = new Random(seed);
        StartQueue<Integer> queue = new StartQueue<>(AGING);
        List<Place<Integer>> waiting = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            long now = step * 100L;
            if (random.nextInt(5) < 3 || waiting.isEmpty()) {
                waiting.add(queue.add(step, priority(random), function(random, 3, 2), now));
            } else {
                Place<Integer> first = queue.next(now, _ -> true);
                int level = queue.level(first, now);
                assertThat(waiting).allMatch(other -> queue.level(other, now) >= level);
                assertThat(waiting.stream().filter(other -> other.function().equals(first.function())))
                        .as("the oldest of its function among equals")
                        .allMatch(other -> queue.level(other, now) > level || other.sequence() >= first.sequence());
                queue.serve(first);
                waiting.remove(first);
            }
        }
    }

    @Property(tries = 200)
    void amongThoseOfTheHighestPriorityNobodyIsPassedMoreOftenThanStated(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 5) int namespaces,
            @ForAll @IntRange(min = 1, max = 4) int functions) {
        Random random = new Random(seed);
        // A priority that was reached by waiting counts like one that was given.
        StartQueue<Bypass> queue = new StartQueue<>(Duration.ofNanos(1));
        List<Bypass> waiting = new ArrayList<>();
        for (int step = 0; step < 500; step++) {
            long now = step * 10L;
            if (random.nextInt(100) < 55) {
                // Some ask far more often than others.
                int which = (int) (namespaces * random.nextDouble() * random.nextDouble());
                FunctionName function = new FunctionName("n" + which, "f" + random.nextInt(functions));
                Bypass bypass = new Bypass(waiting.stream()
                        .filter(other -> other.place.function().equals(function))
                        .count());
                bypass.place = queue.add(bypass, priority(random), function, now - 5);
                waiting.add(bypass);
            } else {
                Place<Bypass> first = queue.next(now, _ -> true);
                if (first != null) {
                    queue.serve(first);
                    waiting.remove(first.item());
                    first.item().check();
                    waiting.forEach(other -> other.passedBy(first.function()));
                }
            }
        }
    }

    /** Who was served while one start waited. */
    private static final class Bypass {
        private final long older;
        private final Map<FunctionName, Integer> functions = new HashMap<>();
        private final Map<String, Integer> namespaces = new HashMap<>();
        private Place<Bypass> place;

        Bypass(long older) {
            this.older = older;
        }

        void passedBy(FunctionName function) {
            functions.merge(function, 1, Integer::sum);
            namespaces.merge(function.namespace(), 1, Integer::sum);
        }

        void check() {
            String own = place.function().namespace();
            int ofOwn = 1 + namespaces.getOrDefault(own, 0);
            assertThat(functions.getOrDefault(place.function(), 0)).isLessThanOrEqualTo((int) older);
            functions.forEach((function, count) -> {
                if (function.namespace().equals(own) && !function.equals(place.function())) {
                    assertThat((long) count).isLessThanOrEqualTo(older + 2);
                }
            });
            namespaces.forEach((namespace, count) -> {
                if (!namespace.equals(own)) {
                    assertThat(count).isLessThanOrEqualTo(ofOwn + 2);
                }
            });
        }
    }

    @Property(tries = 100)
    void lowPriorityIsServedHoweverManyOfHighPriorityCome(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int namespaces) {
        Random random = new Random(seed);
        StartQueue<String> queue = new StartQueue<>(AGING);
        long now = 0;
        for (int i = 0; i < 50; i++) {
            queue.add("high", Priority.HIGH, function(random, namespaces, 2), now);
        }
        queue.add("low", Priority.LOW, new FunctionName("n0", "patient"), now);
        int others = 0;
        while (true) {
            now += 100;
            queue.add("high", Priority.HIGH, function(random, namespaces, 2), now);
            Place<String> first = queue.next(now, _ -> true);
            queue.serve(first);
            if (first.item().equals("low")) {
                break;
            }
            others++;
            // Two agings of ten turns each, and then two rounds of all functions of all namespaces.
            assertThat(others).isLessThanOrEqualTo(20 + 3 * (namespaces + 1) * 3);
        }
        assertThat(others).isGreaterThanOrEqualTo(19);
    }

    @Property(tries = 100)
    void equalDemandIsServedEqually(@ForAll @IntRange(min = 2, max = 6) int namespaces) {
        StartQueue<String> queue = new StartQueue<>(AGING);
        Map<String, Integer> served = new HashMap<>();
        for (int i = 0; i < namespaces; i++) {
            // Those of one namespace have all come before those of the next.
            for (int j = 0; j < 20; j++) {
                queue.add("", Priority.NORMAL, new FunctionName("n" + i, "f"), 0);
            }
        }
        for (int i = 0; i < 10 * namespaces; i++) {
            Place<String> first = queue.next(0, _ -> true);
            queue.serve(first);
            served.merge(first.function().namespace(), 1, Integer::sum);
        }
        assertThat(served)
                .hasSize(namespaces)
                .allSatisfy((_, count) -> assertThat(count).isEqualTo(10));
    }

    @Property(tries = 50)
    void aNamespaceThatIsHeldUpIsPassedAndKeepsItsTurn(@ForAll @IntRange(min = 1, max = 30) int turns) {
        StartQueue<String> queue = new StartQueue<>(AGING);
        FunctionName held = new FunctionName("held", "f");
        queue.add("", Priority.NORMAL, held, 0);
        for (int i = 0; i <= turns; i++) {
            queue.add("", Priority.NORMAL, new FunctionName("other", "f"), 0);
        }
        for (int i = 0; i < turns; i++) {
            Place<String> first = queue.next(0, namespace -> !namespace.equals("held"));
            assertThat(first.function()).isNotEqualTo(held);
            queue.serve(first);
        }
        assertThat(queue.next(0, _ -> true).function()).isEqualTo(held);
    }
}
