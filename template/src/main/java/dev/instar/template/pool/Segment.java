package dev.instar.template.pool;

import dev.instar.linux.Fd;
import dev.instar.template.image.Region.Unit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One published segment and who uses it. Guarded by the pool's lock, but for {@link #free}. */
final class Segment {
    private final SegmentWriter.Published published;
    private final Map<Long, Stored> byAddress = new HashMap<>();
    private final Map<Long, Stored> byOffset = new HashMap<>();
    private final String domain;
    private int templates;

    Segment(SegmentWriter.Published published, String domain) {
        this.published = published;
        this.domain = domain;
    }

    /** What two units must have in common to be stored once. SHA-256 stands for the bytes. */
    record Key(String digest, int length, int within) {
        static Key of(Unit unit) {
            return new Key(unit.digest(), unit.length(), Window.within(unit.start()));
        }
    }

    /** A unit in a segment. */
    static final class Stored {
        private final Segment segment;
        private final Key key;
        private final long offset;
        private int templates;

        private Stored(Segment segment, Key key, long offset) {
            this.segment = segment;
            this.key = key;
            this.offset = offset;
        }

        Segment segment() {
            return segment;
        }

        Key key() {
            return key;
        }

        long offset() {
            return offset;
        }

        /** What lies right behind this in the segment. */
        @Nullable
        Stored next() {
            return segment.byOffset.get(offset + key.length());
        }

        void retain() {
            templates++;
        }

        void release() {
            templates--;
        }
    }

    void add(Unit unit, long offset) {
        Stored stored = new Stored(this, Key.of(unit), offset);
        byAddress.put(unit.start(), stored);
        byOffset.put(offset, stored);
    }

    Collection<Stored> units() {
        return byOffset.values();
    }

    /** Where a unit of the template lies that the segment was made for. */
    Stored at(Unit unit) {
        return Objects.requireNonNull(byAddress.get(unit.start()), "not stored");
    }

    String domain() {
        return domain;
    }

    Fd content() {
        return published.content();
    }

    long storedBytes() {
        return published.storedBytes();
    }

    /** Bytes that some template maps. */
    long mappedBytes() {
        return byOffset.values().stream()
                .filter(unit -> unit.templates > 0)
                .mapToLong(unit -> unit.key.length())
                .sum();
    }

    void retain() {
        templates++;
    }

    /** @return whether nobody uses it any more */
    boolean release() {
        templates--;
        return templates == 0;
    }

    /** Gives the memory back, as soon as nobody maps it any more. */
    void free() {
        published.content().close();
        published.delete().run();
    }
}
