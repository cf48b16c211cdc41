package dev.instar.engine.store;

import dev.instar.engine.AsyncService.DeadLetter;
import dev.instar.engine.Call;
import dev.instar.engine.ConflictException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.StorageException;
import dev.instar.engine.store.AsyncRows.Removed;
import dev.instar.engine.store.BodySpool.Body;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * The queue of asynchronous calls at rest. A call is <em>waiting</em> until it is due and taken, then <em>claimed</em>
 * until its taker says how it went; a claim that was open when the node ended is waiting again when the store is
 * opened, so that each accepted call is run at least once. Every change is durable on return. Thread-safe.
 */
public final class AsyncRepository {
    /** Dead letters kept of a namespace; the oldest gives way. */
    public static final int KEPT_DEAD_LETTERS = 10_000;

    private static final int LONGEST_REASON = 2_000;

    private final Database database;
    private final BodySpool bodies;
    private final AsyncLimits limits;
    private final InstantSource clock;
    private final QueueDepths depths = new QueueDepths();

    AsyncRepository(Database database, BodySpool bodies, AsyncLimits limits, InstantSource clock) {
        this.database = database;
        this.bodies = bodies;
        this.limits = limits;
        this.clock = clock;
        recover();
    }

    /**
     * Accepts a call, due at once. Reads its body to the end.
     *
     * @param callbackUrl where the result is posted, or empty
     * @throws NotFoundException if the function is not deployed
     * @throws ConflictException if a call with this id is in the queue
     * @throws OverloadedException if the namespace's queue or the node's room for bodies is full
     * @throws dev.instar.engine.PayloadTooLargeException if the body is too long
     * @throws StorageException if the disk is full
     * @throws IOException from reading the body
     */
    public void enqueue(Call call, String callbackUrl) throws IOException {
        requireRoom(call.function().namespace());
        Body body = bodies.store(call.body());
        boolean accepted = false;
        try {
            database.write(connection -> insert(connection, call, body, callbackUrl));
            accepted = true;
            count(call.function(), body.length());
        } finally {
            if (!accepted) {
                bodies.delete(body.file());
            }
        }
    }

    /**
     * Takes calls that are due, oldest first, shared evenly among functions that have some.
     *
     * @param limit at most this many
     * @param room how many more calls of a function can be taken now; 0 to leave it out
     */
    public List<QueuedCall> claim(int limit, ToIntFunction<FunctionName> room) {
        List<FunctionName> functions = new ArrayList<>(depths.functions());
        if (functions.isEmpty() || limit <= 0) {
            return List.of();
        }
        Collections.shuffle(functions);
        Instant now = clock.instant();
        int share = Math.max(1, limit / functions.size());
        return database.write(connection -> {
            List<QueuedCall> taken = new ArrayList<>();
            for (FunctionName function : functions) {
                int most = Math.min(Math.min(share, room.applyAsInt(function)), limit - taken.size());
                if (most > 0) {
                    taken.addAll(claim(connection, function, now, most));
                }
            }
            return taken;
        });
    }

    /** When the next waiting call becomes due; may lie in the past. */
    public Optional<Instant> nextDue() {
        List<FunctionName> functions = depths.functions();
        return database.read(connection -> {
            Optional<Instant> next = Optional.empty();
            for (FunctionName function : functions) {
                Optional<Instant> due = Sql.first(
                        connection,
                        "SELECT due_at FROM async_calls WHERE state = 'waiting' AND namespace = ? AND function = ?"
                                + " ORDER BY due_at LIMIT 1",
                        row -> Sql.instant(row, "due_at"),
                        function.namespace(),
                        function.name());
                if (next.isEmpty() || (due.isPresent() && due.get().isBefore(next.get()))) {
                    next = due;
                }
            }
            return next;
        });
    }

    /**
     * The body of a claimed call. The caller closes it.
     *
     * @throws NotFoundException if the call is no longer in the queue
     * @throws IOException if the body cannot be read
     */
    public InputStream body(QueuedCall call) throws IOException {
        Body body = database.read(connection -> Sql.first(
                        connection,
                        "SELECT body, body_file, body_length FROM async_calls WHERE id = ?",
                        row -> new Body(row.getBytes("body"), row.getString("body_file"), row.getLong("body_length")),
                        call.id()))
                .orElseThrow(() -> unknown(call.id()));
        return bodies.open(body);
    }

    /**
     * The call is done: it leaves the queue.
     *
     * @throws NotFoundException if it is not claimed
     */
    public void complete(QueuedCall call) {
        remove("claimed", call.function().namespace(), call.id());
        depths.add(call.function(), -1);
    }

    /**
     * The call failed and is to be tried again.
     *
     * @param due when
     * @param reason why it failed, for the dead-letter list
     * @throws NotFoundException if it is not claimed
     */
    public void postpone(QueuedCall call, Instant due, String reason) {
        database.write(connection -> requireOne(
                call.id(),
                Sql.update(
                        connection,
                        "UPDATE async_calls SET state = 'waiting', due_at = ?, reason = ?"
                                + " WHERE id = ? AND state = 'claimed'",
                        due,
                        shortened(reason),
                        call.id())));
    }

    /**
     * The call is given up on.
     *
     * @throws NotFoundException if it is not claimed
     */
    public void bury(QueuedCall call, String reason) {
        String namespace = call.function().namespace();
        List<Removed> pruned = database.write(connection -> {
            requireOne(
                    call.id(),
                    Sql.update(
                            connection,
                            "UPDATE async_calls SET state = 'dead', failed_at = ?, reason = ?"
                                    + " WHERE id = ? AND state = 'claimed'",
                            clock.instant(),
                            shortened(reason),
                            call.id()));
            return Sql.list(
                    connection,
                    "DELETE FROM async_calls WHERE sequence IN (SELECT sequence FROM async_calls"
                            + " WHERE state = 'dead' AND namespace = ? ORDER BY failed_at DESC, sequence DESC"
                            + " LIMIT -1 OFFSET ?) RETURNING body_file, body_length",
                    AsyncRows::removed,
                    namespace,
                    KEPT_DEAD_LETTERS);
        });
        pruned.forEach(this::forget);
        depths.add(call.function(), -1);
    }

    /** Calls of a namespace that are waiting or claimed. */
    public long pending(String namespace) {
        return depths.pending(namespace);
    }

    /** Calls of a function that are waiting or claimed. */
    public long pending(FunctionName function) {
        return depths.pending(function);
    }

    /** Calls given up on, newest first. */
    public List<DeadLetter> deadLetters(String namespace, int limit) {
        return database.read(connection -> Sql.list(
                connection,
                "SELECT id, namespace, function, attempts, reason, failed_at FROM async_calls WHERE state = 'dead' AND namespace = ?"
                        + " ORDER BY failed_at DESC, sequence DESC LIMIT ?",
                row -> new DeadLetter(
                        row.getString("id"),
                        AsyncRows.function(row),
                        row.getInt("attempts"),
                        row.getString("reason"),
                        Sql.instant(row, "failed_at")),
                namespace,
                limit));
    }

    /**
     * Puts a dead letter back into the queue, due at once and with all its attempts before it.
     *
     * @throws NotFoundException if the namespace has no dead letter with this id
     */
    public void revive(String namespace, String callId) {
        FunctionName function = database.write(connection -> Sql.first(
                        connection,
                        "UPDATE async_calls SET state = 'waiting', attempts = 0, due_at = ?"
                                + " WHERE id = ? AND namespace = ? AND state = 'dead' RETURNING namespace, function",
                        AsyncRows::function,
                        clock.instant(),
                        callId,
                        namespace)
                .orElseThrow(() -> unknown(callId)));
        depths.add(function, 1);
    }

    /**
     * Forgets a dead letter.
     *
     * @throws NotFoundException if the namespace has no dead letter with this id
     */
    public void discard(String namespace, String callId) {
        remove("dead", namespace, callId);
    }

    /** Adds a call whose body is at rest, in the caller's transaction; {@link #count} follows when it is committed. */
    int insert(Connection connection, Call call, Body body, String callbackUrl) throws SQLException {
        FunctionRepository.requireFunction(connection, call.function());
        if (Sql.exists(connection, "SELECT 1 FROM async_calls WHERE id = ?", call.id())) {
            throw new ConflictException("a call with the id " + call.id() + " is in the queue already");
        }
        return AsyncRows.insert(connection, call, body, callbackUrl, clock.instant());
    }

    void count(FunctionName function, long bodyLength) {
        depths.add(function, 1);
        depths.addBytes(bodyLength);
    }

    /** What is left to do after a namespace and with it its calls have been deleted from the database. */
    void namespaceDeleted(String namespace, List<Removed> calls) {
        depths.forget(namespace);
        calls.forEach(this::forget);
    }

    private void recover() {
        List<String> files = new ArrayList<>();
        database.write(connection -> {
            // What the node's end has cut off was no attempt: a call must not be given up on for that.
            Sql.update(
                    connection,
                    "UPDATE async_calls SET state = 'waiting', attempts = attempts - 1 WHERE state = 'claimed'");
            depths.addBytes(Sql.number(connection, "SELECT sum(body_length) FROM async_calls"));
            Sql.list(
                            connection,
                            "SELECT namespace, function, count(*) AS calls FROM async_calls"
                                    + " WHERE state = 'waiting' GROUP BY namespace, function",
                            row -> new Counted(AsyncRows.function(row), row.getLong("calls")))
                    .forEach(counted -> depths.add(counted.function(), counted.calls()));
            return files.addAll(Sql.list(
                    connection,
                    "SELECT body_file FROM async_calls WHERE body_file IS NOT NULL",
                    row -> row.getString("body_file")));
        });
        bodies.retain(new HashSet<>(files));
    }

    private record Counted(FunctionName function, long calls) {}

    private void requireRoom(String namespace) {
        if (depths.pending(namespace) >= limits.callsPerNamespace()) {
            throw new OverloadedException(
                    "the queue of namespace " + namespace + " is full with " + limits.callsPerNamespace() + " calls",
                    false,
                    Duration.ofSeconds(5));
        }
        if (depths.bodyBytes() + limits.bodyBytes() > limits.totalBodyBytes()) {
            throw new OverloadedException(
                    "the node's room for bodies of asynchronous calls is full; old dead letters may be discarded",
                    true,
                    Duration.ofSeconds(30));
        }
    }

    private static List<QueuedCall> claim(Connection connection, FunctionName function, Instant now, int most)
            throws SQLException {
        List<QueuedCall> calls = Sql.list(
                connection,
                "UPDATE async_calls SET state = 'claimed', attempts = attempts + 1 WHERE sequence IN"
                        + " (SELECT sequence FROM async_calls WHERE state = 'waiting' AND namespace = ?"
                        + " AND function = ? AND due_at <= ? ORDER BY due_at, sequence LIMIT ?)"
                        + " RETURNING " + AsyncRows.CALL,
                AsyncRows::queuedCall,
                function.namespace(),
                function.name(),
                now,
                most);
        calls.sort(Comparator.comparing(QueuedCall::acceptedAt));
        return calls;
    }

    private void remove(String state, String namespace, String id) {
        forget(database.write(connection -> Sql.first(
                        connection,
                        "DELETE FROM async_calls WHERE id = ? AND namespace = ? AND state = ?"
                                + " RETURNING body_file, body_length",
                        AsyncRows::removed,
                        id,
                        namespace,
                        state)
                .orElseThrow(() -> unknown(id))));
    }

    private void forget(Removed call) {
        bodies.delete(call.bodyFile());
        depths.addBytes(-call.bodyLength());
    }

    private static int requireOne(String id, int changed) {
        if (changed != 1) {
            throw unknown(id);
        }
        return changed;
    }

    private static NotFoundException unknown(String id) {
        return new NotFoundException("there is no such call in the queue: " + id);
    }

    private static String shortened(String reason) {
        return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON);
    }
}
