package dev.instar.engine.store;

import dev.instar.engine.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Names in archives, which their authors choose. */
final class TreePath {
    private static final int LONGEST_PART = 255;
    private static final int LONGEST_PATH = 2_000;
    private static final int MOST_PARTS = 64;

    private TreePath() {}

    /**
     * A name as a path relative to the tree, without {@code .} parts and with single slashes; empty for the tree
     * itself.
     *
     * @throws InvalidRequestException if it is absolute, has {@code ..}, or characters a name must not have
     */
    static String normalize(String name) {
        if (name.startsWith("/")) {
            throw invalid(name, "is absolute");
        }
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/", -1)) {
            if (part.equals("..")) {
                throw invalid(name, "leads out of the archive with ..");
            }
            if (!part.isEmpty() && !part.equals(".")) {
                requirePart(name, part);
                parts.add(part);
            }
        }
        String path = String.join("/", parts);
        if (parts.size() > MOST_PARTS || path.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            throw invalid(name.substring(0, Math.min(name.length(), 200)) + "…", "is too long or too deep");
        }
        return path;
    }

    /** What comes before the last slash; empty for a name in the tree's root. */
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static InvalidRequestException invalid(String name, String problem) {
        return new InvalidRequestException("archive entry \"" + printable(name) + "\" " + problem);
    }

    private static void requirePart(String name, String part) {
        if (part.getBytes(StandardCharsets.UTF_8).length > LONGEST_PART) {
            throw invalid(part.substring(0, Math.min(part.length(), 60)) + "…", "has a part of more than 255 bytes");
        }
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            // The readers put a question mark or U+FFFD where bytes are not UTF-8; which, one cannot tell afterwards.
            if (c == '?' || c == '\uFFFD') {
                throw invalid(name, "has a name that is not UTF-8, or a question mark in it");
            }
            if (c < 0x20 || c == 0x7f) {
                throw invalid(name, "has a control character in its name");
            }
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(part)) {
            throw invalid(name, "has a name that is not Unicode");
        }
    }

    private static String printable(String name) {
        StringBuilder text = new StringBuilder();
        name.codePoints()
                .limit(300)
                .forEach(c -> text.appendCodePoint(Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c));
        return text.toString();
    }
}
