package dev.instar.engine.store;

import dev.instar.engine.ConflictException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.Principal;
import dev.instar.engine.Quota;
import dev.instar.engine.Role;
import dev.instar.engine.TenantService;
import dev.instar.engine.deploy.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Namespaces and tokens in the database. Reading and authenticating are answered from memory, since they are on the
 * path of every call.
 */
public final class TenantStore implements TenantService {
    /** The user whom the admin password belongs to. */
    public static final String ADMIN = "admin";

    private static final String TOKEN_PREFIX = "instar_";
    private static final Pattern TOKEN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final int MOST_LABELS = 64;

    private final Database database;
    private final AsyncRepository async;
    private final InstantSource clock;
    private final byte[] adminPasswordDigest;
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock loading = new ReentrantLock();
    private volatile Snapshot snapshot;

    TenantStore(Database database, AsyncRepository async, AdminPassword password, InstantSource clock) {
        this.database = database;
        this.async = async;
        this.clock = clock;
        this.adminPasswordDigest = digest(password.text());
        this.snapshot = database.read(TenantStore::load);
    }

    @Override
    public List<String> namespaces() {
        return List.copyOf(snapshot.namespaces.keySet());
    }

    @Override
    public Namespace namespace(String name) {
        Namespace namespace = snapshot.namespaces.get(name);
        if (namespace == null) {
            throw unknownNamespace(name);
        }
        return namespace;
    }

    @Override
    public void create(Namespace namespace) {
        FunctionName.requireLabel("namespace", namespace.name());
        requireLabels(namespace.labels());
        change(connection -> {
            if (exists(connection, namespace.name())) {
                throw new ConflictException("namespace " + namespace.name() + " exists already");
            }
            return Sql.update(
                    connection,
                    "INSERT INTO namespaces (labels, max_functions, max_instances, max_memory_bytes,"
                            + " max_calls_per_second, max_disk_bytes, name) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    columns(namespace));
        });
    }

    @Override
    public void update(Namespace namespace) {
        requireLabels(namespace.labels());
        change(connection -> {
            requireNamespace(connection, namespace.name());
            return Sql.update(
                    connection,
                    "UPDATE namespaces SET labels = ?, max_functions = ?, max_instances = ?, max_memory_bytes = ?,"
                            + " max_calls_per_second = ?, max_disk_bytes = ? WHERE name = ?",
                    columns(namespace));
        });
    }

    @Override
    public void delete(String name) {
        if (name.equals(FunctionName.DEFAULT_NAMESPACE)) {
            throw new ConflictException("the namespace " + name + " cannot be deleted");
        }
        List<AsyncRows.Removed> calls = change(connection -> {
            requireNamespace(connection, name);
            if (Sql.exists(connection, "SELECT 1 FROM functions WHERE namespace = ?", name)) {
                throw new ConflictException("namespace " + name + " has functions; remove them first");
            }
            List<AsyncRows.Removed> removed = AsyncRows.bodiesOf(connection, name);
            Sql.update(connection, "DELETE FROM tokens WHERE namespace = ?", name);
            // Secrets, queued calls and the ownership of code go with the row.
            Sql.update(connection, "DELETE FROM namespaces WHERE name = ?", name);
            return removed;
        });
        async.namespaceDeleted(name, calls);
    }

    @Override
    public String createToken(String namespace, String name, Role role) {
        if (!TOKEN_NAME.matcher(name).matches()) {
            throw new InvalidRequestException(
                    "a token's name must be 1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-': \"" + name + "\"");
        }
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String text = TOKEN_PREFIX + HexFormat.of().formatHex(bytes);
        change(connection -> {
            if (!namespace.isEmpty()) {
                requireNamespace(connection, namespace);
            }
            if (Sql.exists(connection, "SELECT 1 FROM tokens WHERE namespace = ? AND name = ?", namespace, name)) {
                throw new ConflictException("there is a token " + name + " already");
            }
            return Sql.update(
                    connection,
                    "INSERT INTO tokens (namespace, name, role, digest, created_at) VALUES (?, ?, ?, ?, ?)",
                    namespace,
                    name,
                    role.name(),
                    digest(text),
                    clock.instant());
        });
        return text;
    }

    /** The namespace's own tokens; with an empty namespace those of the whole node, which no tenant gets to see. */
    @Override
    public List<Token> tokens(String namespace) {
        return snapshot.tokens.values().stream()
                .map(KnownToken::token)
                .filter(token -> token.namespace().equals(namespace))
                .sorted(Comparator.comparing(Token::name))
                .toList();
    }

    @Override
    public void revokeToken(String namespace, String name) {
        change(connection -> {
            int removed =
                    Sql.update(connection, "DELETE FROM tokens WHERE namespace = ? AND name = ?", namespace, name);
            if (removed == 0) {
                throw new NotFoundException("there is no token " + name);
            }
            return removed;
        });
    }

    @Override
    public Optional<Principal> authenticateToken(String token) {
        byte[] presented = digest(token);
        Snapshot now = snapshot;
        KnownToken candidate = now.tokens.getOrDefault(bucket(presented), now.nobody);
        // The comparison is made in either case; a caller learns nothing from how long it takes.
        boolean equal = MessageDigest.isEqual(presented, candidate.digest);
        return equal ? candidate.principal : Optional.empty();
    }

    @Override
    public Optional<Principal> authenticatePassword(String user, String password) {
        boolean known = MessageDigest.isEqual(digest(user), digest(ADMIN));
        boolean right = MessageDigest.isEqual(digest(password), adminPasswordDigest);
        return known && right ? Optional.of(new Principal(ADMIN, "", Role.ADMIN)) : Optional.empty();
    }

    static boolean exists(Connection connection, String namespace) throws SQLException {
        return Sql.exists(connection, "SELECT 1 FROM namespaces WHERE name = ?", namespace);
    }

    /** @throws NotFoundException if there is no such namespace */
    static void requireNamespace(Connection connection, String namespace) throws SQLException {
        if (!exists(connection, namespace)) {
            throw unknownNamespace(namespace);
        }
    }

    private static NotFoundException unknownNamespace(String name) {
        return new NotFoundException("there is no namespace " + name);
    }

    /** Changes the database, then what is known in memory; of two changes the later one reads what both have done. */
    private <T> T change(Database.Work<T> work) {
        T result = database.write(work);
        loading.lock();
        try {
            snapshot = database.read(TenantStore::load);
        } finally {
            loading.unlock();
        }
        return result;
    }

    private static Snapshot load(Connection connection) throws SQLException {
        Map<String, Namespace> namespaces = new TreeMap<>();
        Sql.list(connection, "SELECT * FROM namespaces", TenantStore::namespace)
                .forEach(namespace -> namespaces.put(namespace.name(), namespace));
        Map<Long, KnownToken> tokens = Sql.list(connection, "SELECT * FROM tokens", TenantStore::token).stream()
                .collect(Collectors.toMap(token -> bucket(token.digest), Function.identity()));
        return new Snapshot(namespaces, tokens, nobody());
    }

    private static KnownToken nobody() {
        Token token = new Token("", "", Role.INVOKER, Instant.EPOCH);
        return new KnownToken(token, new byte[32], Optional.empty());
    }

    private static Namespace namespace(ResultSet row) throws SQLException {
        Quota quota = new Quota(
                row.getInt("max_functions"),
                row.getInt("max_instances"),
                row.getLong("max_memory_bytes"),
                row.getInt("max_calls_per_second"),
                row.getLong("max_disk_bytes"));
        return new Namespace(row.getString("name"), ColumnJson.read(row.getString("labels")), quota);
    }

    private static KnownToken token(ResultSet row) throws SQLException {
        Token token = new Token(
                row.getString("name"),
                row.getString("namespace"),
                Role.valueOf(row.getString("role")),
                Sql.instant(row, "created_at"));
        Principal principal = new Principal(token.name(), token.namespace(), token.role());
        return new KnownToken(token, row.getBytes("digest"), Optional.of(principal));
    }

    private static Object[] columns(Namespace namespace) {
        Quota quota = namespace.quota();
        return new Object[] {
            ColumnJson.write(namespace.labels()),
            quota.functions(),
            quota.instances(),
            quota.memoryBytes(),
            quota.callsPerSecond(),
            quota.diskBytes(),
            namespace.name()
        };
    }

    private static void requireLabels(Map<String, String> labels) {
        if (labels.size() > MOST_LABELS) {
            throw new InvalidRequestException("a namespace may have at most " + MOST_LABELS + " labels");
        }
    }

    private static byte[] digest(String text) {
        return Digest.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Digests of random tokens differ in their first eight bytes, so one candidate is enough. */
    private static long bucket(byte[] digest) {
        return ByteBuffer.wrap(digest).getLong();
    }

    private record Snapshot(Map<String, Namespace> namespaces, Map<Long, KnownToken> tokens, KnownToken nobody) {}

    @SuppressWarnings("ArrayRecordComponent") // compared by MessageDigest.isEqual alone
    private record KnownToken(Token token, byte[] digest, Optional<Principal> principal) {}
}
