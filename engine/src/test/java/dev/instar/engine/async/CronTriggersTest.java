package dev.instar.engine.async;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.process.Specs;
import dev.instar.engine.store.QueuedCall;
import dev.instar.engine.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CronTriggersTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:30Z");

    @TempDir
    Path directory;

    Instant now = START;
    final InstantSource clock = () -> now;
    final AtomicInteger wakes = new AtomicInteger();
    Store store;
    CronTriggers triggers;
    FunctionVersion version;

    @BeforeEach
    void open() {
        store = Store.open(directory, clock);
        triggers = new CronTriggers(store.cron(), clock, wakes::incrementAndGet);
        version = store.functions()
                .deploy(Specs.of("f", "").trigger("*/5 * * * *", "tick").spec());
        triggers.watch(version, START);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private List<QueuedCall> queued() {
        return store.async().claim(100, _ -> 100);
    }

    @Test
    void firesOncePerScheduledTime() {
        assertThat(triggers.fireDue()).contains(Instant.parse("2026-03-01T10:05:00Z"));
        assertThat(queued()).isEmpty();

        now = Instant.parse("2026-03-01T10:05:00Z");
        assertThat(triggers.fireDue()).contains(Instant.parse("2026-03-01T10:10:00Z"));
        triggers.fireDue();

        assertThat(queued()).singleElement().satisfies(call -> {
            assertThat(call.function()).isEqualTo(FunctionName.parse("f"));
            assertThat(call.bodyLength()).isEqualTo(4);
        });
        assertThat(wakes).hasValue(1);
    }

    @Test
    void whatWasMissedFiresOnce() {
        now = START.plus(Duration.ofHours(7));
        CronTriggers later = new CronTriggers(store.cron(), clock, wakes::incrementAndGet);
        later.watch(version, version.createdAt());

        assertThat(later.fireDue()).contains(Instant.parse("2026-03-01T17:05:00Z"));
        later.fireDue();

        assertThat(queued()).hasSize(1);
    }

    @Test
    void aRestartDoesNotFireAgain() {
        now = Instant.parse("2026-03-01T10:05:01Z");
        triggers.fireDue();
        store.close();
        store = Store.open(directory, clock);
        CronTriggers later = new CronTriggers(store.cron(), clock, wakes::incrementAndGet);
        later.watch(store.functions().all().getFirst().current(), START);

        assertThat(later.fireDue()).contains(Instant.parse("2026-03-01T10:10:00Z"));

        assertThat(queued()).hasSize(1);
    }

    @Test
    void anotherVersionsTriggersTakeOver() {
        FunctionVersion next = store.functions()
                .deploy(Specs.of("f", "").trigger("30 * * * *", "half").spec());
        triggers.watch(next, now);

        assertThat(triggers.fireDue()).contains(Instant.parse("2026-03-01T10:30:00Z"));

        triggers.forget(FunctionName.parse("f"));
        assertThat(triggers.fireDue()).isEmpty();
    }

    @Test
    void theThreadFiresWhatIsDueAndEnds() {
        now = Instant.parse("2026-03-01T10:05:00Z");
        triggers.start();

        org.awaitility.Awaitility.await().untilAtomic(wakes, org.hamcrest.Matchers.is(1));
        triggers.close();
    }
}
