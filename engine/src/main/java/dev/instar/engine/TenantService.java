package dev.instar.engine;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Namespaces with their quotas and tokens. Thread-safe; changes are durable on return. */
public interface TenantService {
    /** Names, sorted; {@link FunctionName#DEFAULT_NAMESPACE} always exists. */
    List<String> namespaces();

    /** @throws NotFoundException if there is no such namespace */
    Namespace namespace(String name);

    /** @throws ConflictException if it exists */
    void create(Namespace namespace);

    /**
     * Changes labels and quota.
     *
     * @throws NotFoundException if it does not exist
     */
    void update(Namespace namespace);

    /**
     * @throws ConflictException if it has functions, or is the default one
     * @throws NotFoundException if it does not exist
     */
    void delete(String name);

    /**
     * Makes a token.
     *
     * @param namespace where it is valid, or empty for the whole node
     * @return the token's text, shown once and stored only as a digest
     * @throws ConflictException if the name is taken
     */
    String createToken(String namespace, String name, Role role);

    /** Tokens valid in the namespace. */
    List<Token> tokens(String namespace);

    /** @throws NotFoundException if there is none of that name */
    void revokeToken(String namespace, String name);

    /** Who presents this token. Takes the same time whether or not the token exists. */
    Optional<Principal> authenticateToken(String token);

    /** Who presents this user name and password. */
    Optional<Principal> authenticatePassword(String user, String password);

    /** @param labels free-form, shown and returned */
    record Namespace(String name, Map<String, String> labels, Quota quota) {}

    /** A token without its text. */
    record Token(String name, String namespace, Role role, Instant createdAt) {}
}
