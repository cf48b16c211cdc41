package dev.instar.engine.store;

import dev.instar.engine.ConflictException;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.SecretService;
import dev.instar.engine.StorageException;
import dev.instar.engine.deploy.SecretName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.SecretKey;

/** Secrets in the database, sealed under the node's master key. */
public final class SecretStore implements SecretService {
    private static final int LONGEST = 1 << 20;
    private static final String CHECK_NAME = "";
    private static final byte[] CHECK_TEXT = "instar".getBytes(StandardCharsets.US_ASCII);

    private final Database database;
    private final MasterKey key;

    private SecretStore(Database database, MasterKey key) {
        this.database = database;
        this.key = key;
    }

    /**
     * Reads the master key, or makes one where nothing has been sealed yet.
     *
     * @throws StorageException if the key is missing, damaged or not the one the secrets were sealed with
     */
    static SecretStore open(Database database, Path keyFile) {
        Optional<byte[]> check = database.read(
                connection -> Sql.first(connection, "SELECT sealed FROM key_check", row -> row.getBytes(1)));
        MasterKey key = check.isEmpty() && !Files.exists(keyFile) ? MasterKey.create(keyFile) : MasterKey.read(keyFile);
        if (check.isEmpty()) {
            byte[] sealed = key.seal(CHECK_NAME, CHECK_TEXT);
            database.write(connection -> Sql.update(connection, "INSERT INTO key_check VALUES (?)", sealed));
        } else {
            requireKey(key, check.get(), keyFile);
        }
        return new SecretStore(database, key);
    }

    /** A key for another purpose than secrets, lost when the master key is lost. */
    SecretKey keyFor(String purpose) {
        return key.derive(purpose);
    }

    @Override
    public List<String> list(String namespace) {
        return database.read(connection -> {
            TenantStore.requireNamespace(connection, namespace);
            return List.copyOf(Sql.list(
                    connection,
                    "SELECT name FROM secrets WHERE namespace = ? ORDER BY name",
                    row -> row.getString(1),
                    namespace));
        });
    }

    @Override
    public void create(String namespace, String name, byte[] value) {
        byte[] sealed = sealed(namespace, name, value);
        database.write(connection -> {
            TenantStore.requireNamespace(connection, namespace);
            if (exists(connection, namespace, name)) {
                throw new ConflictException(
                        "there is a secret " + name + " in namespace " + namespace + " already; update it instead");
            }
            return Sql.update(connection, "INSERT INTO secrets VALUES (?, ?, ?)", namespace, name, sealed);
        });
    }

    @Override
    public void update(String namespace, String name, byte[] value) {
        byte[] sealed = sealed(namespace, name, value);
        database.write(connection -> {
            requireSecret(connection, namespace, name);
            return Sql.update(
                    connection,
                    "UPDATE secrets SET sealed = ? WHERE namespace = ? AND name = ?",
                    sealed,
                    namespace,
                    name);
        });
    }

    @Override
    public void delete(String namespace, String name) {
        database.write(connection -> {
            requireSecret(connection, namespace, name);
            Optional<String> user = Sql.first(
                    connection,
                    "SELECT f.name FROM functions f JOIN version_secrets s"
                            + " ON s.function = f.id AND s.number = f.current WHERE f.namespace = ? AND s.secret = ?",
                    row -> row.getString(1),
                    namespace,
                    name);
            if (user.isPresent()) {
                throw new ConflictException("function " + user.get() + " uses the secret " + name
                        + "; deploy it without the secret, or remove it first");
            }
            return Sql.update(connection, "DELETE FROM secrets WHERE namespace = ? AND name = ?", namespace, name);
        });
    }

    /**
     * The values of some secrets, for the instance that may see them.
     *
     * @return names and values in the order asked for; the caller owns the arrays
     * @throws NotFoundException if one does not exist
     * @throws StorageException if one cannot be opened
     */
    public Map<String, byte[]> values(String namespace, List<String> names) {
        Map<String, byte[]> sealed = database.read(connection -> {
            Map<String, byte[]> rows = new LinkedHashMap<>();
            for (String name : names) {
                rows.put(
                        name,
                        Sql.first(
                                        connection,
                                        "SELECT sealed FROM secrets WHERE namespace = ? AND name = ?",
                                        row -> row.getBytes(1),
                                        namespace,
                                        name)
                                .orElseThrow(() -> unknown(namespace, name)));
            }
            return rows;
        });
        sealed.replaceAll((name, bytes) -> opened(namespace, name, bytes));
        return sealed;
    }

    private byte[] sealed(String namespace, String name, byte[] value) {
        SecretName.require(name);
        if (value.length > LONGEST) {
            throw new InvalidRequestException(
                    "a secret may have at most 1 MiB, " + name + " has " + value.length + " bytes");
        }
        return key.seal(associated(namespace, name), value);
    }

    private byte[] opened(String namespace, String name, byte[] sealed) {
        try {
            return key.open(associated(namespace, name), sealed);
        } catch (AEADBadTagException e) {
            throw new StorageException(
                    "the secret " + name + " of namespace " + namespace + " is damaged; write it again", e);
        }
    }

    /** Neither part can contain the slash, so different secrets have different names here. */
    private static String associated(String namespace, String name) {
        return namespace + "/" + name;
    }

    private static void requireKey(MasterKey key, byte[] check, Path keyFile) {
        try {
            key.open(CHECK_NAME, check);
        } catch (AEADBadTagException _) {
            throw MasterKey.lost(keyFile, "is not the key of this database");
        }
    }

    private static void requireSecret(Connection connection, String namespace, String name) throws SQLException {
        if (!exists(connection, namespace, name)) {
            throw unknown(namespace, name);
        }
    }

    private static boolean exists(Connection connection, String namespace, String name) throws SQLException {
        return Sql.exists(connection, "SELECT 1 FROM secrets WHERE namespace = ? AND name = ?", namespace, name);
    }

    private static NotFoundException unknown(String namespace, String name) {
        return new NotFoundException("there is no secret " + name + " in namespace " + namespace);
    }
}
