package dev.instar.engine.store;

import dev.instar.engine.StorageException;
import dev.instar.engine.store.Database.Work;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that changes the database. Whatever has arrived while a commit was being flushed becomes the next
 * transaction, each piece of work in a savepoint of its own. A platform thread, because a flush would hold a virtual
 * thread's carrier for milliseconds.
 */
final class Writer implements AutoCloseable {
    /** Bounds the time and log size of one transaction. */
    private static final int MOST_AT_ONCE = 256;

    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

    private final Connection connection;
    private final BlockingQueue<Change<?>> queue = new LinkedBlockingQueue<>();
    private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
    private final Thread thread;
    private boolean closed;

    Writer(Connection connection) {
        this.connection = connection;
        this.thread = Thread.ofPlatform().name("instar-store").daemon().start(this::run);
    }

    <T> T submit(Work<T> work) {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a change must not wait for another change");
        }
        Change<T> change = new Change<>(work);
        closing.readLock().lock();
        try {
            if (closed) {
                throw new StorageException("the node is stopping and takes no further changes");
            }
            queue.add(change);
        } finally {
            closing.readLock().unlock();
        }
        try {
            return change.outcome.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Finishes what has been handed over, then closes the connection. */
    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            queue.add(new Change<>(null));
        } finally {
            closing.writeLock().unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<Change<?>> batch = new ArrayList<>();
        boolean last = false;
        while (!last) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException _) {
                continue;
            }
            queue.drainTo(batch, MOST_AT_ONCE - 1);
            last = batch.removeIf(change -> change.work == null);
            if (!batch.isEmpty()) {
                commit(batch);
            }
            batch.clear();
        }
        Database.closeQuietly(connection);
    }

    private void commit(List<Change<?>> batch) {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("BEGIN IMMEDIATE");
            for (Change<?> change : batch) {
                change.apply(connection, statement);
            }
            statement.executeUpdate("COMMIT");
            batch.forEach(Change::succeed);
        } catch (SQLException | RuntimeException e) {
            rollBack();
            RuntimeException failure = e instanceof SQLException sql
                    ? SqlErrors.translate("nothing was changed", sql)
                    : (RuntimeException) e;
            batch.forEach(change -> change.fail(failure));
        } catch (Error e) {
            rollBack();
            batch.forEach(change -> change.fail(new IllegalStateException("nothing was changed: " + e, e)));
        }
    }

    private void rollBack() {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("ROLLBACK");
        } catch (SQLException e) {
            // Disk errors make SQLite roll back by itself; there is then no transaction left to end.
            if (!String.valueOf(e.getMessage()).contains("no transaction")) {
                LOG.error("roll-back failed", e);
            }
        }
    }

    /** One piece of work and where its outcome goes. Without work: the sign to end. */
    private static final class Change<T> {
        private final @Nullable Work<T> work;
        private final CompletableFuture<T> outcome = new CompletableFuture<>();
        private @Nullable T result;
        private @Nullable RuntimeException refusal;

        private Change(@Nullable Work<T> work) {
            this.work = work;
        }

        /** @throws SQLException if the whole transaction is lost */
        private void apply(Connection connection, Statement statement) throws SQLException {
            statement.executeUpdate("SAVEPOINT change");
            try {
                result = Objects.requireNonNull(work).run(connection);
            } catch (SQLException e) {
                refusal = SqlErrors.translate("nothing was changed", e);
            } catch (RuntimeException e) {
                refusal = e;
            }
            if (refusal != null) {
                // Fails if SQLite has rolled back everything: then the changes before this one are lost too.
                statement.executeUpdate("ROLLBACK TO change");
            }
            statement.executeUpdate("RELEASE change");
        }

        @SuppressWarnings("NullAway") // a T may be null where the work's own type says so
        private void succeed() {
            if (refusal != null) {
                outcome.completeExceptionally(refusal);
            } else {
                outcome.complete(result);
            }
        }

        private void fail(RuntimeException failure) {
            outcome.completeExceptionally(refusal != null ? refusal : failure);
        }
    }
}
