package dev.instar.template.image;

import java.util.List;

/**
 * A range of addresses with one kind of content. All bounds are multiples of 4096.
 *
 * <p>A mapping of the captured process becomes several regions where parts of it are zero, or unmodified parts of a
 * file: only what has content of its own is stored.
 */
public sealed interface Region {
    /** First address. */
    long start();

    /** First address behind the region. */
    long end();

    /** Protection and advice. */
    Attributes attributes();

    /** Length in bytes. */
    default long length() {
        return end() - start();
    }

    /**
     * @param protection bits of PROT_READ (1), PROT_WRITE (2), PROT_EXEC (4)
     * @param dontFork whether it was marked MADV_DONTFORK; clones have it unmarked
     * @param wipeOnFork whether it was marked MADV_WIPEONFORK, so that clones must find zeros
     * @param dontDump whether it was marked MADV_DONTDUMP
     * @param hugePages 1 for MADV_HUGEPAGE, −1 for MADV_NOHUGEPAGE, 0 for neither
     * @param name of an anonymous mapping (PR_SET_VMA_ANON_NAME), or empty
     */
    record Attributes(
            int protection, boolean dontFork, boolean wipeOnFork, boolean dontDump, int hugePages, String name) {}

    /** Private memory that reads as zeros. */
    record Zero(long start, long end, Attributes attributes) implements Region {}

    /**
     * Private memory with content of its own.
     *
     * @param growsDown whether it is a stack that the kernel grows
     * @param units in order, without gaps: the parts of the region that lie within one window of 2 MiB each
     */
    record Content(long start, long end, Attributes attributes, boolean growsDown, List<Unit> units) implements Region {
        public Content {
            units = List.copyOf(units);
        }
    }

    /**
     * The part of a region that lies within one window of 2 MiB, aligned by address.
     *
     * @param start first address
     * @param length in bytes; at most 2 MiB
     * @param digest SHA-256 of the bytes, in hexadecimal
     */
    record Unit(long start, int length, String digest) {}

    /**
     * A part of a file, unmodified.
     *
     * @param shared whether it is a shared mapping; then it cannot be written
     * @param path inside the sandbox
     * @param offset in the file, of the first byte
     */
    record FileMapping(long start, long end, Attributes attributes, boolean shared, String path, long offset)
            implements Region {}

    /**
     * A mapping that the kernel makes: moved, not mapped.
     *
     * @param name {@code [vdso]}, {@code [vvar]} or {@code [vvar_vclock]}
     */
    record Special(long start, long end, Attributes attributes, String name) implements Region {}
}
