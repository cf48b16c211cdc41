package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which files of a source folder are not uploaded: {@code .git}, {@code __pycache__} and what {@code .instarignore}
 * names in the manner of {@code .gitignore}. One pattern a line; {@code *} and {@code ?} stay within a name, {@code **}
 * does not; a slash at the start or inside ties a pattern to the folder's root; one at the end means directories;
 * {@code !} takes files back in; the last pattern that matches decides. Nothing below a left-out directory is looked
 * at.
 */
final class IgnoreRules {
    static final String FILE = ".instarignore";

    private static final List<String> ALWAYS = List.of(".git/", "__pycache__/", "/" + FILE);
    private static final int MOST_RULES = 1_000;

    private final List<Rule> rules;

    private IgnoreRules(List<Rule> rules) {
        this.rules = rules;
    }

    private record Rule(Pattern pattern, boolean directoriesOnly, boolean takesIn) {}

    /** @throws IOException if the file is there and cannot be read */
    static IgnoreRules of(Path directory) throws IOException {
        List<String> lines = new ArrayList<>(ALWAYS);
        Path file = directory.resolve(FILE);
        if (Files.isRegularFile(file)) {
            lines.addAll(Files.readAllLines(file));
        }
        return of(lines);
    }

    /** Rules that leave nothing out. */
    static IgnoreRules none() {
        return new IgnoreRules(List.of());
    }

    static IgnoreRules of(List<String> lines) {
        if (lines.size() > MOST_RULES) {
            throw new InvalidRequestException(FILE + " has more than " + MOST_RULES + " lines");
        }
        List<Rule> rules = new ArrayList<>();
        for (String line : lines) {
            String text = line.strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                rules.add(rule(text));
            }
        }
        return new IgnoreRules(rules);
    }

    /** @param path relative to the folder, with slashes */
    boolean leavesOut(String path, boolean directory) {
        boolean out = false;
        for (Rule rule : rules) {
            if ((directory || !rule.directoriesOnly)
                    && rule.pattern.matcher(path).matches()) {
                out = !rule.takesIn;
            }
        }
        return out;
    }

    private static Rule rule(String text) {
        boolean takesIn = text.startsWith("!");
        String glob = takesIn ? text.substring(1) : text;
        boolean directoriesOnly = glob.endsWith("/");
        glob = directoriesOnly ? glob.substring(0, glob.length() - 1) : glob;
        boolean anchored = glob.contains("/");
        glob = glob.startsWith("/") ? glob.substring(1) : glob;
        return new Rule(Pattern.compile((anchored ? "" : "(.*/)?") + regex(glob)), directoriesOnly, takesIn);
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        int i = 0;
        while (i < glob.length()) {
            if (glob.startsWith("**/", i)) {
                regex.append("(.*/)?");
                i += 3;
            } else if (glob.startsWith("**", i)) {
                regex.append(".*");
                i += 2;
            } else {
                char c = glob.charAt(i++);
                regex.append(
                        switch (c) {
                            case '*' -> "[^/]*";
                            case '?' -> "[^/]";
                            default -> Pattern.quote(String.valueOf(c));
                        });
            }
        }
        return regex.toString();
    }
}
