package dev.instar.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.engine.ConflictException;
import dev.instar.engine.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    @TempDir
    Path directory;

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(directory.resolve("db"), Migrations.in("/dev/instar/engine/store/migrations"));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aRefusedChangeLeavesNothingWhileItsNeighboursAreKept() throws Exception {
        int changes = 300;
        List<Future<?>> outcomes = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < changes; i++) {
                int id = i;
                outcomes.add(threads.submit(() -> database.write(connection -> {
                    add(connection, id);
                    if (id % 3 == 0) {
                        throw new ConflictException("no " + id);
                    }
                    return id;
                })));
            }
        }
        for (int i = 0; i < changes; i++) {
            Future<?> outcome = outcomes.get(i);
            if (i % 3 == 0) {
                assertThatThrownBy(outcome::get)
                        .cause()
                        .isInstanceOf(ConflictException.class)
                        .hasMessage("no " + i);
            } else {
                assertThat(outcome.get()).isEqualTo(i);
            }
        }
        assertThat(count()).isEqualTo(200);
        assertThat(database.<Boolean>read(c -> Sql.exists(c, "SELECT 1 FROM books WHERE id % 3 = 0")))
                .isFalse();
    }

    @Test
    void manyCallersShareFlushes() throws Exception {
        long before = pagesLogged();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                int id = i;
                threads.execute(() -> database.write(connection -> add(connection, id)));
            }
        }
        // Alone, each change logs at least one page for itself; together, hundreds of rows share a few pages.
        assertThat(count()).isEqualTo(200);
        assertThat(pagesLogged() - before).isLessThan(200);
    }

    @Test
    void aFullDiskRefusesTheChangeAndTheStoreGoesOnWhenThereIsRoom() {
        limitPages(40);
        assertThatThrownBy(() -> database.write(connection -> {
                    for (int i = 0; i < 10_000; i++) {
                        add(connection, i);
                    }
                    return 0;
                }))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("disk is full");
        assertThat(count()).isZero();
        limitPages(100_000);
        database.write(connection -> add(connection, 1));
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void aProgrammingErrorIsNotTakenForADiskError() {
        assertThatThrownBy(() -> database.write(c -> Sql.update(c, "SELEKT")))
                .isInstanceOf(IllegalStateException.class);
        database.write(connection -> add(connection, 1));
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void anErrorInAChangeDoesNotStopTheStore() {
        assertThatThrownBy(() -> database.write(_ -> {
                    throw new AssertionError("boom");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("boom");
        database.write(connection -> add(connection, 1));
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void aChangeInsideAChangeIsRefusedInsteadOfWaitingForever() {
        assertThatThrownBy(() -> database.write(_ -> database.write(connection -> add(connection, 1))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void readersCannotWrite() {
        assertThatThrownBy(() -> database.read(connection -> add(connection, 1)))
                .hasMessageContaining("no permission");
        assertThat(count()).isZero();
    }

    @Test
    void nothingIsTakenAfterClosing() {
        database.close();
        assertThatThrownBy(() -> database.write(connection -> add(connection, 1)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("stopping");
        open();
    }

    @Test
    void anInterruptedCallerStillLearnsTheOutcome() throws Exception {
        Thread caller = Thread.ofVirtual().start(() -> {
            Thread.currentThread().interrupt();
            database.write(connection -> add(connection, 1));
            assertThat(count()).isEqualTo(1);
            if (Thread.currentThread().isInterrupted()) {
                database.write(connection -> add(connection, 2));
            }
        });
        caller.join();
        assertThat(count()).isEqualTo(2);
    }

    private static int add(Connection connection, int id) throws SQLException {
        return Sql.update(connection, "INSERT INTO books VALUES (?, ?, 1900, 'shelf')", id, "title ".repeat(20) + id);
    }

    private long count() {
        return database.read(connection -> Sql.number(connection, "SELECT count(*) FROM books"));
    }

    private void limitPages(int pages) {
        database.write(connection -> Sql.number(connection, "PRAGMA max_page_count = " + pages));
    }

    private long pagesLogged() throws IOException {
        return Files.size(directory.resolve("db-wal")) / 4096;
    }
}
