package dev.instar.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Content-addressed code trees on the node's disk. Thread-safe; a tree is complete and read-only, or not there. */
public interface CodeStore {
    /** Archive formats. */
    enum Format {
        ZIP,
        TAR_GZ
    }

    /**
     * Unpacks an archive and keeps it under the digest of its tree.
     *
     * @param namespace whose disk quota it counts against
     * @return {@code sha256:…} over paths, modes and contents
     * @throws InvalidRequestException for a broken archive, absolute or {@code ..} paths, links that lead out, devices,
     *     or more or larger entries than allowed
     * @throws QuotaExceededException if the namespace's disk quota does not have room
     * @throws StorageException if the disk has no room
     * @throws IOException if {@code archive} cannot be read
     */
    String store(String namespace, Format format, InputStream archive) throws IOException;

    /** Whether the namespace has stored this tree. */
    boolean contains(String namespace, String digest);

    /**
     * The directory of a tree.
     *
     * @throws NotFoundException if there is none
     */
    Path directory(String digest);
}
