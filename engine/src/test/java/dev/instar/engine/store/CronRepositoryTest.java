package dev.instar.engine.store;

import static dev.instar.engine.store.StoreFixture.HELLO;
import static dev.instar.engine.store.StoreFixture.program;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.FunctionSpec.CronTrigger;
import dev.instar.engine.NotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CronRepositoryTest {
    private static final CronTrigger HOURLY = new CronTrigger("0 * * * *", "{\"a\":1}");
    private static final Instant ONE = Instant.parse("2026-01-01T01:00:00Z");

    @TempDir
    Path directory;

    @Test
    void aTimeIsFiredOnceEvenAcrossARestart() throws IOException {
        try (Store store = Store.open(directory, InstantSource.system())) {
            store.functions().deploy(program(HELLO, "/bin/cat"));
            assertThat(store.cron().lastFired(HELLO, HOURLY)).isEmpty();
            assertThat(store.cron().fire(HELLO, HOURLY, ONE, "first")).isTrue();
            assertThat(store.cron().fire(HELLO, HOURLY, ONE, "again")).isFalse();
        }
        try (Store store = Store.open(directory, InstantSource.system())) {
            assertThat(store.cron().lastFired(HELLO, HOURLY)).contains(ONE);
            assertThat(store.cron().fire(HELLO, HOURLY, ONE, "again")).isFalse();
            assertThat(store.cron().fire(HELLO, HOURLY, ONE.plusSeconds(3600), "second"))
                    .isTrue();
            List<QueuedCall> calls = store.async().claim(10, _ -> 10);
            assertThat(calls).extracting(QueuedCall::id).containsExactly("first", "second");
            try (InputStream body = store.async().body(calls.getFirst())) {
                assertThat(body.readAllBytes()).asString().isEqualTo("{\"a\":1}");
            }
        }
    }

    @Test
    void triggersOfOneFunctionAreApartAndGoWithIt() {
        try (Store store = Store.open(directory, InstantSource.system())) {
            store.functions().deploy(program(HELLO, "/bin/cat"));
            CronTrigger other = new CronTrigger("0 * * * *", "other body");
            assertThat(store.cron().fire(HELLO, HOURLY, ONE, "a")).isTrue();
            assertThat(store.cron().fire(HELLO, other, ONE, "b")).isTrue();
            store.functions().remove(HELLO);
            assertThatThrownBy(() -> store.cron().fire(HELLO, HOURLY, ONE.plusSeconds(1), "c"))
                    .isInstanceOf(NotFoundException.class);
            store.functions().deploy(program(HELLO, "/bin/cat"));
            assertThat(store.cron().lastFired(HELLO, HOURLY)).isEmpty();
        }
    }
}
