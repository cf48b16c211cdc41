package dev.instar.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A mapping of a process, from {@code /proc/PID/smaps} (proc(5)).
 *
 * @param start first address
 * @param end first address behind
 * @param protection bits of PROT_READ (1), PROT_WRITE (2), PROT_EXEC (4)
 * @param shared whether writes reach others
 * @param offset in the file
 * @param inode of the file, or 0
 * @param name path of the file, {@code [stack]} and its like, {@code [anon:NAME]}, or empty
 * @param resident bytes in memory
 * @param anonymous bytes of those that are not a file's
 * @param swapped bytes swapped out
 * @param protectionKey see pkeys(7); 0 where there are none
 * @param flags two letters each, as {@code VmFlags} has them
 */
public record MemoryMapping(
        long start,
        long end,
        int protection,
        boolean shared,
        long offset,
        long inode,
        String name,
        long resident,
        long anonymous,
        long swapped,
        int protectionKey,
        Set<String> flags) {
    private static final int HEAD_FIELDS = 5;
    private static final int KIB = 1024;

    public MemoryMapping {
        flags = Set.copyOf(flags);
    }

    /** Length in bytes. */
    public long length() {
        return end - start;
    }

    /** Whether code in it can run. */
    public boolean executable() {
        return (protection & 4) != 0;
    }

    /** Whether the process can write to it and nobody else sees that. */
    public boolean privatelyWritable() {
        return (protection & 3) == 3 && !shared;
    }

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if it is not as proc(5) describes it
     */
    public static List<MemoryMapping> parseAll(String text) {
        List<MemoryMapping> all = new ArrayList<>();
        Draft draft = null;
        for (String line : text.split("\n", -1)) {
            int word = line.indexOf(' ');
            if (word > 0 && line.charAt(word - 1) != ':') {
                if (draft != null) {
                    all.add(draft.finish());
                }
                draft = new Draft(line);
            } else if (draft != null) {
                draft.add(line);
            }
        }
        if (draft != null) {
            all.add(draft.finish());
        }
        return List.copyOf(all);
    }

    private static final class Draft {
        private final String head;
        private long resident;
        private long anonymous;
        private long swapped;
        private int protectionKey;
        private Set<String> flags = Set.of();

        Draft(String head) {
            this.head = head;
        }

        void add(String line) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                return;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon)) {
                case "Rss" -> resident = bytes(value);
                case "Anonymous" -> anonymous = bytes(value);
                case "Swap" -> swapped = bytes(value);
                case "ProtectionKey" -> protectionKey = Integer.parseInt(value);
                case "VmFlags" -> flags = value.isEmpty() ? Set.of() : Set.of(value.split(" +"));
                default -> {
                    // Sizes that tell nothing about the content.
                }
            }
        }

        private static long bytes(String kibibytes) {
            return Long.parseLong(kibibytes.substring(0, kibibytes.length() - " kB".length())) * KIB;
        }

        MemoryMapping finish() {
            String[] fields = head.split(" +", HEAD_FIELDS + 1);
            if (fields.length < HEAD_FIELDS || fields[1].length() != 4) {
                throw new IllegalArgumentException("not a mapping: " + head);
            }
            int dash = fields[0].indexOf('-');
            String rights = fields[1];
            return new MemoryMapping(
                    Long.parseUnsignedLong(fields[0].substring(0, dash), 16),
                    Long.parseUnsignedLong(fields[0].substring(dash + 1), 16),
                    (rights.charAt(0) == 'r' ? 1 : 0)
                            | (rights.charAt(1) == 'w' ? 2 : 0)
                            | (rights.charAt(2) == 'x' ? 4 : 0),
                    rights.charAt(3) == 's',
                    Long.parseUnsignedLong(fields[2], 16),
                    Long.parseUnsignedLong(fields[4]),
                    fields.length > HEAD_FIELDS ? fields[HEAD_FIELDS].replace("\\012", "\n") : "",
                    resident,
                    anonymous,
                    swapped,
                    protectionKey,
                    flags);
        }
    }
}
