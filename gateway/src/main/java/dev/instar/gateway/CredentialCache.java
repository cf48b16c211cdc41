package dev.instar.gateway;

import dev.instar.engine.Principal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for a short time whom an {@code Authorization} header belongs to, so that a call need not derive a key from
 * a password. Bounded: each header has one slot, which the next header with the same slot takes over. Thread-safe.
 */
final class CredentialCache {
    private static final int SLOTS = 1024;

    private final AtomicReferenceArray<@Nullable Entry> slots = new AtomicReferenceArray<>(SLOTS);
    // clients must not be able to choose headers that share a slot
    private final int seed = ThreadLocalRandom.current().nextInt() | 1;
    private final long lifeNanos;
    private final AtomicInteger generation = new AtomicInteger();

    /** What is known of a header. */
    static final class Entry {
        private final byte[] header;
        private final @Nullable Principal principal;
        private final long madeAt;

        private Entry(byte[] header, @Nullable Principal principal, long madeAt) {
            this.header = header;
            this.principal = principal;
            this.madeAt = madeAt;
        }

        /** Whose header it is, or null if it is nobody's. */
        @Nullable
        Principal principal() {
            return principal;
        }
    }

    CredentialCache(Duration life) {
        this.lifeNanos = life.toNanos();
    }

    /** What is known of the header, or null if nothing is. */
    @Nullable
    Entry find(String header) {
        Entry entry = slots.get(slot(header));
        if (entry == null || System.nanoTime() - entry.madeAt > lifeNanos) {
            return null;
        }
        // takes the same time wherever the headers differ
        return MessageDigest.isEqual(entry.header, header.getBytes(StandardCharsets.ISO_8859_1)) ? entry : null;
    }

    /**
     * To be taken before credentials are verified, so that {@link #remember} can tell whether they were revoked since.
     */
    int generation() {
        return generation.get();
    }

    void remember(String header, @Nullable Principal principal, int verifiedIn) {
        int slot = slot(header);
        slots.set(slot, new Entry(header.getBytes(StandardCharsets.ISO_8859_1), principal, System.nanoTime()));
        if (generation.get() != verifiedIn) {
            slots.set(slot, null);
        }
    }

    /** Forgets everything, as when a token has been revoked. */
    void clear() {
        generation.incrementAndGet();
        for (int i = 0; i < SLOTS; i++) {
            slots.set(i, null);
        }
    }

    private int slot(String header) {
        int mixed = header.hashCode() * seed;
        return (mixed ^ (mixed >>> 16)) & (SLOTS - 1);
    }
}
