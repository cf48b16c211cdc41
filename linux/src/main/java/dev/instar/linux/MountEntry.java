package dev.instar.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of {@code /proc/PID/mountinfo}.
 *
 * @param id unique among the mounts that exist now; the kernel uses it again
 * @param parentId the mount it sits on
 * @param root the directory inside the file system that appears at the mount point; not necessarily a path that exists
 *     here ({@code net:[4026532257]} for a kept namespace)
 * @param mountPoint where it appears, relative to the reading process's root
 * @param options per-mount options, such as {@code ro}, {@code nosuid}
 * @param propagation optional fields, such as {@code shared:12}; empty for a private mount
 * @param type the file system's type
 * @param source what is mounted, as the file system tells it
 * @param superOptions options of the file system itself, such as {@code size=1024k}
 */
public record MountEntry(
        int id,
        int parentId,
        String root,
        Path mountPoint,
        List<String> options,
        List<String> propagation,
        String type,
        String source,
        List<String> superOptions) {
    private static final int FIXED_FIELDS = 6;

    public MountEntry {
        options = List.copyOf(options);
        propagation = List.copyOf(propagation);
        superOptions = List.copyOf(superOptions);
    }

    /**
     * Parses a whole {@code mountinfo}.
     *
     * @throws IllegalArgumentException if a line is not what proc(5) describes
     */
    public static List<MountEntry> parseAll(String mountinfo) {
        return mountinfo.lines().map(MountEntry::parse).toList();
    }

    /** @throws IllegalArgumentException if the line is not what proc(5) describes */
    static MountEntry parse(String line) {
        String[] fields = line.split(" ", -1);
        int separator = FIXED_FIELDS;
        while (separator < fields.length && !fields[separator].equals("-")) {
            separator++;
        }
        if (separator + 3 >= fields.length) {
            throw new IllegalArgumentException("not a line of mountinfo: " + line);
        }
        try {
            return new MountEntry(
                    Integer.parseInt(fields[0]),
                    Integer.parseInt(fields[1]),
                    unescape(fields[3]),
                    Path.of(unescape(fields[4])),
                    List.of(fields[5].split(",", -1)),
                    List.of(fields).subList(FIXED_FIELDS, separator),
                    fields[separator + 1],
                    unescape(fields[separator + 2]),
                    splitOptions(String.join(" ", List.of(fields).subList(separator + 3, fields.length))));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a line of mountinfo: " + line, e);
        }
    }

    private static List<String> splitOptions(String options) {
        List<String> result = new ArrayList<>();
        for (String option : options.split(",", -1)) {
            result.add(unescape(option));
        }
        return result;
    }

    /** The kernel writes blank, tab, line end and backslash as a backslash with three octal digits. */
    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && isOctal(text, i + 1)) {
                result.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                result.append(text.charAt(i));
            }
        }
        return result.toString();
    }

    private static boolean isOctal(String text, int from) {
        return from + 3 <= text.length()
                && text.substring(from, from + 3).chars().allMatch(c -> c >= '0' && c <= '7');
    }
}
