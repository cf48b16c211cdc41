package dev.instar.engine;

import java.util.List;

/** Secrets of namespaces, encrypted at rest. Values are never returned. Thread-safe; changes are durable on return. */
public interface SecretService {
    /**
     * Names, sorted.
     *
     * @throws NotFoundException if there is no such namespace
     */
    List<String> list(String namespace);

    /**
     * @throws ConflictException if it exists
     * @throws InvalidRequestException for a bad name or more than 1 MiB
     */
    void create(String namespace, String name, byte[] value);

    /**
     * Takes effect for instances started afterwards.
     *
     * @throws NotFoundException if it does not exist
     */
    void update(String namespace, String name, byte[] value);

    /**
     * @throws NotFoundException if it does not exist
     * @throws ConflictException if a deployed function names it
     */
    void delete(String namespace, String name);
}
