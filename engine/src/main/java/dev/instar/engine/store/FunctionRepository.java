package dev.instar.engine.store;

import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionSpec;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.deploy.DeployRequest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Functions and their versions. Every change is one transaction and durable on return. Thread-safe.
 *
 * <p>Of each function the {@value #KEPT_VERSIONS} versions that were current most recently are kept.
 */
public final class FunctionRepository {
    /** Versions kept of each function, the current one included. */
    public static final int KEPT_VERSIONS = 10;

    private static final String SELECT_VERSION =
            "SELECT v.number, v.digest, v.spec, v.created_at FROM versions v JOIN functions f ON f.id = v.function ";

    private final Database database;
    private final InstantSource clock;

    FunctionRepository(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Makes the spec the function's current version, a new one or the earlier one of equal content, and forgets what
     * {@code scale} asked for.
     *
     * @throws NotFoundException if the namespace does not exist
     * @throws InvalidRequestException if the namespace has not stored the code or a layer, or has no such secret
     * @throws QuotaExceededException if the namespace may not have a further function
     */
    public FunctionVersion deploy(FunctionSpec spec) {
        String json = new String(DeployRequest.canonical(spec), StandardCharsets.UTF_8);
        String digest = DeployRequest.digest(spec);
        return database.write(connection -> {
            requireParts(connection, spec);
            long function = functionId(connection, spec.name()).isPresent()
                    ? functionId(connection, spec.name()).get()
                    : insertFunction(connection, spec.name());
            int number = Sql.first(
                            connection,
                            "SELECT number FROM versions WHERE function = ? AND digest = ?",
                            row -> row.getInt(1),
                            function,
                            digest)
                    .orElse(0);
            if (number == 0) {
                number = insertVersion(connection, function, digest, json, spec);
            }
            activate(connection, function, number);
            Sql.update(connection, "UPDATE functions SET replicas = 0 WHERE id = ?", function);
            prune(connection, function);
            return version(connection, function, number);
        });
    }

    /** The function, if it is deployed. */
    public Optional<Deployed> find(FunctionName name) {
        return database.read(connection -> {
            Optional<Long> function = functionId(connection, name);
            return function.isEmpty() ? Optional.empty() : Optional.of(deployed(connection, function.get()));
        });
    }

    /**
     * The functions of a namespace, by name.
     *
     * @throws NotFoundException if there is no such namespace
     */
    public List<Deployed> list(String namespace) {
        return database.read(connection -> {
            TenantStore.requireNamespace(connection, namespace);
            return deployed(
                    connection,
                    Sql.list(
                            connection,
                            "SELECT id FROM functions WHERE namespace = ? ORDER BY name",
                            row -> row.getLong(1),
                            namespace));
        });
    }

    /** The functions of all namespaces. */
    public List<Deployed> all() {
        return database.read(connection -> deployed(
                connection,
                Sql.list(connection, "SELECT id FROM functions ORDER BY namespace, name", row -> row.getLong(1))));
    }

    /**
     * The kept versions, newest first.
     *
     * @throws NotFoundException if the function is not deployed
     */
    public List<FunctionVersion> versions(FunctionName name) {
        return database.read(connection -> Sql.list(
                connection,
                SELECT_VERSION + "WHERE v.function = ? ORDER BY v.number DESC",
                FunctionRepository::version,
                requireFunction(connection, name)));
    }

    /**
     * Makes an earlier version current again.
     *
     * @param number the version's number, or 0 for the one that was current before
     * @throws NotFoundException if there is no such function or version
     * @throws InvalidRequestException if a secret the version needs has been deleted
     */
    public FunctionVersion rollback(FunctionName name, int number) {
        return database.write(connection -> {
            long function = requireFunction(connection, name);
            int target = number == 0 ? previous(connection, name, function) : number;
            if (!Sql.exists(connection, "SELECT 1 FROM versions WHERE function = ? AND number = ?", function, target)) {
                throw new NotFoundException("function " + name + " has no version " + target);
            }
            FunctionVersion version = version(connection, function, target);
            requireParts(connection, version.spec());
            activate(connection, function, target);
            return version;
        });
    }

    /**
     * Notes how many instances are to be kept alive.
     *
     * @throws NotFoundException if the function is not deployed
     */
    public void scale(FunctionName name, int replicas) {
        database.write(connection -> Sql.update(
                connection,
                "UPDATE functions SET replicas = ? WHERE id = ?",
                replicas,
                requireFunction(connection, name)));
    }

    /**
     * Forgets the function and its versions. Calls queued for it stay in the queue.
     *
     * @throws NotFoundException if it is not deployed
     */
    public void remove(FunctionName name) {
        database.write(connection ->
                Sql.update(connection, "DELETE FROM functions WHERE id = ?", requireFunction(connection, name)));
    }

    static Optional<Long> functionId(Connection connection, FunctionName name) throws SQLException {
        return Sql.first(
                connection,
                "SELECT id FROM functions WHERE namespace = ? AND name = ?",
                row -> row.getLong(1),
                name.namespace(),
                name.name());
    }

    static long requireFunction(Connection connection, FunctionName name) throws SQLException {
        return functionId(connection, name)
                .orElseThrow(() -> new NotFoundException("function " + name + " is not deployed"));
    }

    private static void requireParts(Connection connection, FunctionSpec spec) throws SQLException {
        String namespace = spec.name().namespace();
        TenantStore.requireNamespace(connection, namespace);
        for (String tree : TreeReferences.of(spec)) {
            if (!Sql.exists(
                    connection, "SELECT 1 FROM tree_owners WHERE namespace = ? AND tree = ?", namespace, tree)) {
                throw new InvalidRequestException(
                        "code " + tree + " is not stored in namespace " + namespace + "; upload it first");
            }
        }
        for (String secret : spec.secrets()) {
            if (!Sql.exists(connection, "SELECT 1 FROM secrets WHERE namespace = ? AND name = ?", namespace, secret)) {
                throw new InvalidRequestException("there is no secret \"" + secret + "\" in namespace " + namespace
                        + "; make it with instar secret create " + secret);
            }
        }
    }

    private static long insertFunction(Connection connection, FunctionName name) throws SQLException {
        long most = Sql.number(connection, "SELECT max_functions FROM namespaces WHERE name = ?", name.namespace());
        long present = Sql.number(connection, "SELECT count(*) FROM functions WHERE namespace = ?", name.namespace());
        if (most > 0 && present >= most) {
            throw new QuotaExceededException(
                    "namespace " + name.namespace() + " may have " + most + " functions and has " + present);
        }
        Sql.update(
                connection,
                "INSERT INTO functions (namespace, name, current) VALUES (?, ?, 0)",
                name.namespace(),
                name.name());
        return requireFunction(connection, name);
    }

    private int insertVersion(Connection connection, long function, String digest, String json, FunctionSpec spec)
            throws SQLException {
        int number = (int) Sql.number(
                connection, "SELECT coalesce(max(number), 0) + 1 FROM versions WHERE function = ?", function);
        Sql.update(
                connection,
                "INSERT INTO versions (function, number, digest, spec, created_at, activation) VALUES (?, ?, ?, ?, ?, 0)",
                function,
                number,
                digest,
                json,
                clock.instant());
        for (String tree : TreeReferences.of(spec)) {
            Sql.update(connection, "INSERT INTO version_trees VALUES (?, ?, ?)", function, number, tree);
        }
        for (String secret : spec.secrets()) {
            Sql.update(connection, "INSERT INTO version_secrets VALUES (?, ?, ?)", function, number, secret);
        }
        return number;
    }

    /** Making the current version current again leaves the order as it is, so that roll-back still finds the other. */
    private static void activate(Connection connection, long function, int number) throws SQLException {
        int changed = Sql.update(
                connection, "UPDATE functions SET current = ? WHERE id = ? AND current <> ?", number, function, number);
        if (changed > 0) {
            Sql.update(
                    connection,
                    "UPDATE versions SET activation = (SELECT max(activation) + 1 FROM versions WHERE function = ?)"
                            + " WHERE function = ? AND number = ?",
                    function,
                    function,
                    number);
        }
    }

    private static void prune(Connection connection, long function) throws SQLException {
        Sql.update(
                connection,
                "DELETE FROM versions WHERE function = ? AND number NOT IN"
                        + " (SELECT number FROM versions WHERE function = ? ORDER BY activation DESC LIMIT ?)",
                function,
                function,
                KEPT_VERSIONS);
    }

    private static int previous(Connection connection, FunctionName name, long function) throws SQLException {
        return Sql.first(
                        connection,
                        "SELECT number FROM versions WHERE function = ? ORDER BY activation DESC LIMIT 1 OFFSET 1",
                        row -> row.getInt(1),
                        function)
                .orElseThrow(() -> new NotFoundException("function " + name + " has no earlier version"));
    }

    private static List<Deployed> deployed(Connection connection, List<Long> functions) throws SQLException {
        List<Deployed> list = new ArrayList<>();
        for (long function : functions) {
            list.add(deployed(connection, function));
        }
        return list;
    }

    private static Deployed deployed(Connection connection, long function) throws SQLException {
        FunctionVersion current = Sql.first(
                        connection,
                        SELECT_VERSION + "WHERE f.id = ? AND v.number = f.current",
                        FunctionRepository::version,
                        function)
                .orElseThrow(() -> new IllegalStateException("function " + function + " has no current version"));
        List<Integer> numbers = Sql.list(
                connection,
                "SELECT number FROM versions WHERE function = ? ORDER BY number",
                row -> row.getInt(1),
                function);
        int replicas = (int) Sql.number(connection, "SELECT replicas FROM functions WHERE id = ?", function);
        return new Deployed(current, List.copyOf(numbers), replicas);
    }

    private static FunctionVersion version(Connection connection, long function, int number) throws SQLException {
        return Sql.first(
                        connection,
                        SELECT_VERSION + "WHERE v.function = ? AND v.number = ?",
                        FunctionRepository::version,
                        function,
                        number)
                .orElseThrow(() -> new IllegalStateException("version " + number + " has gone"));
    }

    private static FunctionVersion version(ResultSet row) throws SQLException {
        byte[] json = row.getString("spec").getBytes(StandardCharsets.UTF_8);
        FunctionSpec spec = DeployRequest.stored(json);
        return new FunctionVersion(row.getInt("number"), row.getString("digest"), spec, Sql.instant(row, "created_at"));
    }
}
