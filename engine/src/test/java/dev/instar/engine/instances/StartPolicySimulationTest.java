package dev.instar.engine.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Priority;
import dev.instar.engine.instances.RecordedArrivals.Arrival;
import dev.instar.engine.instances.VirtualNode.Bounds;
import dev.instar.engine.process.Specs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The policy of starts against recorded and constructed arrivals, in virtual time. {@link VirtualNode} checks bounds.
 */
class StartPolicySimulationTest {
    private static final long MIB = 1L << 20;
    private static final long PATIENCE = 10_000;

    private static Specs of(FunctionName function) {
        return Specs.of(function.name() + "." + function.namespace(), "").scaling(0, 6, Duration.ofSeconds(60));
    }

    private static Bounds bounds(int sandboxes, int starts, long startMillis) {
        return new Bounds(sandboxes, starts, sandboxes * 1024L * MIB, 100 * MIB, startMillis, PATIENCE);
    }

    private static List<Arrival> everyMillis(String function, int count, long from, long pace, long duration) {
        String[] name = function.split("/");
        List<Arrival> arrivals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            arrivals.add(new Arrival(from + i * pace, new FunctionName(name[0], name[1]), duration));
        }
        return arrivals;
    }

    @SafeVarargs
    private static List<Arrival> together(List<Arrival>... lists) {
        List<Arrival> all = new ArrayList<>();
        for (List<Arrival> list : lists) {
            all.addAll(list);
        }
        all.sort(Comparator.comparingLong(Arrival::millis));
        return all;
    }

    private static String digest(List<String> log) throws NoSuchAlgorithmException {
        byte[] bytes = String.join("\n", log).getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static long longest(VirtualNode node) {
        return node.waits.values().stream()
                .flatMap(List::stream)
                .mapToLong(wait -> wait)
                .max()
                .orElse(0);
    }

    @Test
    void theRecordedArrivalsAreThoseOfTheSeed() throws IOException {
        assertThat(RecordedArrivals.read())
                .isEqualTo(RecordedArrivals.generate())
                .hasSize(2000);
        assertThat(RecordedArrivals.read().stream().map(Arrival::function).distinct())
                .hasSize(20);
    }

    @Test
    void theSameArrivalsGiveTheSameDecisions() throws Exception {
        VirtualNode one = new VirtualNode(bounds(6, 2, 150), StartPolicySimulationTest::of);
        VirtualNode two = new VirtualNode(bounds(6, 2, 150), StartPolicySimulationTest::of);

        one.run(RecordedArrivals.read());
        two.run(RecordedArrivals.read());

        assertThat(one.log).hasSizeGreaterThan(3000);
        assertThat(digest(one.log)).isEqualTo(digest(two.log));
    }

    @Test
    void recordedArrivalsAreAllServedByFewSandboxes() throws IOException {
        VirtualNode node = new VirtualNode(bounds(6, 2, 150), StartPolicySimulationTest::of);

        node.run(RecordedArrivals.read());

        assertThat(node.served).isEqualTo(2000);
        assertThat(node.refused).isEmpty();
        assertThat(node.ended).containsKey(EndCause.EVICTED_SANDBOX);
        assertThat(longest(node)).isLessThan(PATIENCE);
    }

    @Test
    void recordedArrivalsAreAllServedInLittleMemory() throws IOException {
        // Memory for five instances, and sandboxes enough.
        VirtualNode node =
                new VirtualNode(new Bounds(100, 2, 550 * MIB, 100 * MIB, 150, PATIENCE), StartPolicySimulationTest::of);

        node.run(RecordedArrivals.read());

        assertThat(node.served).isEqualTo(2000);
        assertThat(node.refused).isEmpty();
        assertThat(node.ended).containsKey(EndCause.EVICTED_MEMORY);
        assertThat(longest(node)).isLessThan(PATIENCE);
    }

    @Test
    void aBurstOfTwoHundredStartsNoMoreThanCanHelp() {
        VirtualNode node = new VirtualNode(
                bounds(1000, 4, 5), name -> Specs.of(name.toString(), "").scaling(0, 1000, Duration.ofMinutes(10)));

        node.run(everyMillis("t/f", 200, 0, 0, 5));

        // After n starts in rounds of four, 4 (1 + 2 + … + n/4) calls have been served.
        assertThat(node.started).hasSizeLessThan(50);
        assertThat(node.served).isEqualTo(200);
        assertThat(node.cancelled).isEqualTo(200 - node.started.size());
    }

    @Test
    void tenantsWithEqualDemandGetEqualShares() {
        List<List<Arrival>> demands = new ArrayList<>();
        for (int tenant = 0; tenant < 4; tenant++) {
            // Each new function is called once: every call needs a start, far more than there is room for.
            List<Arrival> demand = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                // Those of the first tenant come first.
                demand.add(new Arrival(tenant, new FunctionName("t" + tenant, "f" + i), 300));
            }
            demands.add(demand);
        }
        VirtualNode node =
                new VirtualNode(new Bounds(8, 4, 1L << 40, MIB, 100, 1_000_000), StartPolicySimulationTest::of);

        node.run(together(demands.get(0), demands.get(1), demands.get(2), demands.get(3)));

        assertThat(node.started).hasSize(400);
        for (int prefix : List.of(40, 100, 200, 360)) {
            Map<String, Long> shares = node.started.subList(0, prefix).stream()
                    .collect(Collectors.groupingBy(FunctionName::namespace, Collectors.counting()));
            assertThat(shares).hasSize(4);
            IntSummaryStatistics counts =
                    shares.values().stream().mapToInt(Long::intValue).summaryStatistics();
            // The four starts that began before the others came are all that the first tenant is ahead.
            assertThat(counts.getMax() - counts.getMin())
                    .as("of %s starts", prefix)
                    .isLessThanOrEqualTo(5);
        }
    }

    @Test
    void aTenantWithSteadyCallsDoesNotStarveOthers() {
        // One tenant has more calls than the node can serve, for half a minute; others come once in a while.
        List<Arrival> steady = together(
                everyMillis("greedy/a", 2000, 0, 15, 100),
                everyMillis("greedy/b", 300, 0, 100, 100),
                everyMillis("modest/c", 6, 2000, 5000, 100),
                everyMillis("modest/d", 6, 2500, 5000, 100),
                everyMillis("other/e", 100, 2000, 200, 50));
        VirtualNode node = new VirtualNode(bounds(4, 2, 20), StartPolicySimulationTest::of);

        node.run(steady);

        assertThat(node.ended).containsKey(EndCause.YIELDED);
        for (String modest : List.of("modest/c", "modest/d", "other/e")) {
            String[] name = modest.split("/");
            assertThat(node.waits.get(new FunctionName(name[0], name[1])))
                    .as(modest)
                    .allSatisfy(wait -> assertThat(wait).isLessThan(3000));
        }
        assertThat(node.refused).doesNotContainKeys("modest", "other");
    }

    @Test
    void instancesThatServeSeveralCallsAtATimeYieldToo() {
        List<Arrival> steady =
                together(everyMillis("greedy/a", 5000, 0, 3, 90), everyMillis("modest/c", 5, 2000, 3000, 100));
        VirtualNode node = new VirtualNode(bounds(2, 2, 20), name -> of(name).concurrency(8));

        node.run(steady);

        assertThat(node.ended).containsKey(EndCause.YIELDED);
        assertThat(node.waits.get(new FunctionName("modest", "c")))
                .hasSize(5)
                .allSatisfy(wait -> assertThat(wait).isLessThan(1500));
        assertThat(node.served).isEqualTo(5005);
    }

    @Test
    void lowPriorityIsServedAfterAWaitThatIsBounded() {
        // High priority alone keeps both sandboxes busy, with a start for each call.
        List<List<Arrival>> high = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            high.add(everyMillis("h/f" + i, 1, i * 100L, 1, 150));
        }
        List<Arrival> all = new ArrayList<>(high.stream().flatMap(List::stream).toList());
        all.addAll(everyMillis("l/low", 1, 1000, 1, 50));
        all.sort(Comparator.comparingLong(Arrival::millis));
        VirtualNode node = new VirtualNode(
                new Bounds(2, 2, 1L << 40, MIB, 100, 1_000_000),
                name -> of(name).priority(name.namespace().equals("l") ? Priority.LOW : Priority.HIGH));

        node.run(all);

        long wait = node.waits.get(new FunctionName("l", "low")).getFirst();
        assertThat(wait).isBetween(2 * StartPolicy.AGING.toMillis(), 2 * StartPolicy.AGING.toMillis() + 2000);
        assertThat(node.served).isEqualTo(201);
    }

    @Test
    void highPriorityPassesWhatWaits() {
        List<List<Arrival>> low = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            low.add(everyMillis("l/f" + i, 1, 0, 1, 100));
        }
        List<Arrival> all = new ArrayList<>(low.stream().flatMap(List::stream).toList());
        all.addAll(everyMillis("h/high", 1, 50, 1, 100));
        all.sort(Comparator.comparingLong(Arrival::millis));
        VirtualNode node = new VirtualNode(
                new Bounds(2, 2, 1L << 40, MIB, 100, 1_000_000),
                name -> of(name).priority(name.namespace().equals("h") ? Priority.HIGH : Priority.LOW));

        node.run(all);

        assertThat(node.started.indexOf(new FunctionName("h", "high"))).isEqualTo(2);
    }
}
