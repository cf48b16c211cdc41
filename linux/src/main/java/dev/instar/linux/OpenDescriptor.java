package dev.instar.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An open descriptor of a process, from {@code /proc/PID/fd} and {@code /proc/PID/fdinfo} (proc(5)).
 *
 * @param number the descriptor's number
 * @param target a path, or {@code pipe:[INODE]}, {@code anon_inode:[eventfd]} and their like
 * @param flags of open(2), O_CLOEXEC among them
 * @param position file offset
 * @param details further lines, {@code KEY:VALUE} each, which depend on the kind of file
 */
public record OpenDescriptor(int number, String target, int flags, long position, List<String> details) {
    /** The flag that closes it on execution, which belongs to the number and not to the open file. */
    public static final int O_CLOEXEC = 02000000;

    public OpenDescriptor {
        details = List.copyOf(details);
    }

    /** Whether it closes on execution. */
    public boolean closeOnExec() {
        return (flags & O_CLOEXEC) != 0;
    }

    /** The value of the first further line with a key. */
    public Optional<String> detail(String key) {
        return details.stream()
                .filter(line -> line.startsWith(key + ":"))
                .findFirst()
                .map(line -> line.substring(key.length() + 1).strip());
    }

    /**
     * Takes what the two places say.
     *
     * @throws IllegalArgumentException if the text is not as proc(5) describes it
     */
    static OpenDescriptor parse(int number, String target, String text) {
        long position = 0;
        Integer flags = null;
        List<String> details = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("pos:")) {
                position = Long.parseLong(line.substring("pos:".length()).strip());
            } else if (line.startsWith("flags:")) {
                flags = Integer.parseUnsignedInt(
                        line.substring("flags:".length()).strip(), 8);
            } else if (!line.isEmpty()) {
                details.add(line);
            }
        }
        if (flags == null) {
            throw new IllegalArgumentException("not a descriptor's fdinfo: " + text);
        }
        return new OpenDescriptor(number, target, flags, position, details);
    }
}
