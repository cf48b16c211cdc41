package dev.instar.template.image;

import dev.instar.linux.CloneServer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/** The vocabulary that rules about images are written in. */
final class Rule {
    /** Where mmap_min_addr forbids mappings at most. */
    static final long FIRST_ADDRESS = 1 << 16;

    /** TASK_SIZE of x86-64 with four-level page tables: the first address that user space cannot have. */
    static final long END_OF_ADDRESSES = 0x7fff_ffff_f000L;

    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final int PATH_MAX = 4096;

    private Rule() {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of its own
    static void require(boolean holds, String violation, Object... arguments) throws InvalidImageException {
        if (!holds) {
            throw new InvalidImageException(String.format(Locale.ROOT, violation, arguments));
        }
    }

    static boolean isBetween(long value, long least, long most) {
        return value >= least && value <= most;
    }

    /**
     * Whether a captured process can have it; zero is none at all and fine. The program that becomes the clone works at
     * addresses of its own while it still has privileges, and the kernel writes for it where the image says.
     */
    static boolean isAddressOrNone(long address) {
        return isBetween(address, 0, END_OF_ADDRESSES - 1) && !isReserved(address, address + 1);
    }

    /** Whether any of these addresses is one of the program's that becomes the clone. */
    static boolean isReserved(long start, long end) {
        return start < CloneServer.RESERVED_END && end > CloneServer.RESERVED_START;
    }

    static void digest(String what, String digest) throws InvalidImageException {
        require(SHA_256.matcher(digest).matches(), "%s: not a SHA-256 digest", what);
    }

    /** Absolute and without detours, so that two paths are the same file only if they are equal, links aside. */
    static void path(String what, String path) throws InvalidImageException {
        boolean plain = path.startsWith("/")
                && path.indexOf('\0') < 0
                && path.getBytes(StandardCharsets.UTF_8).length < PATH_MAX
                && (path.equals("/")
                        || Arrays.stream(path.substring(1).split("/", -1))
                                .noneMatch(name -> name.isEmpty() || name.equals(".") || name.equals("..")));
        require(plain, "%s: not an absolute path in its plain form", what);
    }
}
