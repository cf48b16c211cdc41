package dev.instar.template.pool;

import dev.instar.template.image.Image;
import dev.instar.template.image.UnitSource;
import java.io.IOException;

/**
 * Where template pages live. What is published cannot be changed any more by anybody; equal units within a
 * deduplication domain are kept once. Thread-safe.
 */
public interface MemoryPool extends AutoCloseable {
    /**
     * Puts an image's units into the pool, but for those that are there already.
     *
     * @param domain templates of one domain share pages; of different ones never
     * @throws IOException if the units cannot be read, or the pool is full; nothing is left of them then
     */
    PooledTemplate publish(Image image, UnitSource units, String domain) throws IOException;

    /** What the pool holds now. */
    PoolUsage usage();

    /** Lets go of everything; templates that are mapped stay as they are until they are unmapped. */
    @Override
    void close();
}
