package dev.instar.cli.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.cli.node.Footprint;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a node at random moments while clients deploy, write secrets, make namespaces and tokens, and call functions;
 * what a run has accepted must be there in the next. Needs root.
 *
 * <p>{@code -Dinstar.recovery.kills=100} makes it longer; {@code -Dinstar.recovery.seed=N} chooses the same moments and
 * changes again, although not the same interleaving.
 */
class RecoveryTest {
    private static final int KILLS = Integer.getInteger("instar.recovery.kills", 8);
    private static final long SEED = Long.getLong("instar.recovery.seed", new Random().nextLong());
    private static final long SHORT_RUN_NANOS = 1_500_000_000;
    private static final long LONG_RUN_NANOS = 6_000_000_000L;
    private static final Duration RESULTS_PATIENCE = Duration.ofMinutes(5);
    /** The network is not the default one, which other nodes on the machine may have. */
    private static final String CONFIGURATION = """
            port: 0
            sandboxes:
              ready: 4
              bridge-network: 10.%d.%d.0/24
            async:
              private-callbacks: true
            """;

    @TempDir
    Path root;

    private final Random random = new Random(SEED);
    private final Tally tally = new Tally();
    private final List<Actor> actors = new ArrayList<>();
    private final List<AsyncActor> queuers = new ArrayList<>();
    private final List<Duration> starts = new ArrayList<>();
    private Path data;
    private Path configuration;
    private Path temporary;
    private Remains remains;
    private Duration longestEnd = Duration.ZERO;
    private CallbackReceiver callbacks;
    private KillableNode node;

    @BeforeEach
    void prepare() throws Exception {
        data = root.resolve("data");
        long self = ProcessHandle.current().pid();
        configuration = Files.writeString(
                root.resolve("instar.yaml"), CONFIGURATION.formatted(100 + self % 100, self / 100 % 250));
        temporary = Files.createDirectory(root.resolve("tmp"));
        remains = new Remains(data, temporary);
        callbacks = new CallbackReceiver(tally);
    }

    /** A test that fails leaves a killed node's remains to the next start, so there is one. */
    @AfterEach
    void end() throws Exception {
        callbacks.close();
        if (node != null) {
            node.close();
        }
        KillableNode.clearAway(data, configuration, temporary);
    }

    @Test
    void nothingAcceptedIsLostAndNothingIsLeftOver() throws Exception {
        System.out.println("recovery: " + KILLS + " kills, seed " + SEED);
        try {
            deployWhatAllNeed();
            for (int kill = 1; kill <= KILLS; kill++) {
                startAndKill(kill);
            }
            finish();
        } finally {
            starts.sort(null);
            System.out.println("recovery: seed " + SEED + ": " + tally);
            System.out.println("recovery: from start to ready " + starts + "; processes gone at most "
                    + longestEnd.toMillis() + " ms after a kill");
        }
    }

    private void deployWhatAllNeed() throws Exception {
        SecretActor secrets = new SecretActor(branch(), tally);
        CallActor calls = new CallActor("echo", branch(), tally);
        node = KillableNode.start(data, configuration, temporary);
        try (Client client = new Client(node.awaitReady(), node.administrator())) {
            secrets.prepare(client, sources("secrets"));
            calls.prepare(client, sources("calls"));
            for (String name : List.of("record", "note")) {
                AsyncActor queuer = new AsyncActor(name, sources(name), branch(), callbacks, tally);
                queuer.prepare(client);
                queuers.add(queuer);
            }
        }
        node.kill();
        remains.awaitNoProcess();
        actors.add(secrets);
        actors.add(calls);
        actors.addAll(queuers);
        actors.add(new TenantActor(branch(), tally));
        for (String name : List.of("alpha", "beta")) {
            actors.add(new FunctionActor(name, Map.of(), sources(name), branch(), tally));
        }
        // Cold: the next run would put a bridge up at once to make its template, and what is looked for is an old one.
        actors.add(new FunctionActor(
                "connected", Map.of("network", "bridge", "start", "cold"), sources("bridge"), branch(), tally));
    }

    /**
     * Of four kills one comes while the node starts, two while it warms up and its clients look whether all is well,
     * and one when they are well under way.
     */
    private void startAndKill(int kill) throws Exception {
        node = KillableNode.start(data, configuration, temporary);
        switch (kill % 4) {
            case 0 -> killWhileStarting();
            case 2 -> killUnderLoad(SHORT_RUN_NANOS, LONG_RUN_NANOS);
            default -> killUnderLoad(0, SHORT_RUN_NANOS);
        }
        if (kill % 4 == 1) {
            // The next run has to cope with what is still ending.
            tally.add("restarts at once");
            return;
        }
        Duration took = remains.awaitNoProcess();
        remains.count(tally);
        longestEnd = took.compareTo(longestEnd) > 0 ? took : longestEnd;
    }

    private void killWhileStarting() throws Exception {
        Duration usual = starts.get(random.nextInt(starts.size()));
        node.letRun(Duration.ofNanos(random.nextLong(usual.toNanos())));
        node.kill();
        tally.add("kills while starting");
    }

    private void killUnderLoad(long fromNanos, long toNanos) throws Exception {
        URI gateway = node.awaitReady();
        starts.add(node.startDuration());
        remains.requireNothingFromBefore(node);
        Crowd crowd = Crowd.start(new Client(gateway, node.administrator()), actors, tally);
        node.letRun(Duration.ofNanos(random.nextLong(fromNanos, toNanos)));
        node.kill();
        if (crowd.end() == actors.size()) {
            tally.add("runs verified completely");
        }
        tally.add("kills under load");
    }

    /** One more start, this time without a kill: everything is verified, and every queued call is run. */
    private void finish() throws Exception {
        node = KillableNode.start(data, configuration, temporary);
        URI gateway = node.awaitReady();
        remains.requireNothingFromBefore(node);
        try (Client client = new Client(gateway, node.administrator())) {
            for (Actor actor : actors) {
                actor.verify(client);
            }
            await().atMost(RESULTS_PATIENCE).untilAsserted(() -> {
                for (AsyncActor queuer : queuers) {
                    assertThat(queuer.outstanding()).as(node.lastWords()).isEmpty();
                }
            });
            assertThat(client.get("/system/async/dead-letters?namespace=default")
                            .json())
                    .isEmpty();
            await().untilAsserted(() -> assertThat(remains.bodies()).isEmpty());
        }
        assertThat(callbacks.wrong()).isEmpty();
        assertThat(remains.drafts()).isEmpty();
        assertThat(node.end()).as(node.lastWords()).isZero();
        assertThat(Footprint.of(data)).isEmpty();
    }

    private Random branch() {
        return new Random(random.nextLong());
    }

    private Sources sources(String name) {
        return new Sources(root.resolve("sources").resolve(name));
    }
}
