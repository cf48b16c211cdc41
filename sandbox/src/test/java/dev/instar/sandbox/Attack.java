package dev.instar.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A row of {@code escape/attacks.txt}: a hostile program and the only ways in which it may end.
 *
 * @param program name of its source
 * @param reports what it may report: one, and others for kernels that stop it in another way
 */
public record Attack(String program, List<String> arguments, List<Report> reports) {
    private static final String ENDING = "ends: ";
    private static final String OTHER = "or, ";

    /**
     * How it may end.
     *
     * @param lines what it prints, each line naming an errno or what it observed
     * @param ending as {@link Ending#describe} says it
     */
    public record Report(List<String> lines, String ending) {
        static final Report EMPTY = new Report(List.of(), "exit status 0");

        public Report {
            lines = List.copyOf(lines);
        }

        private Report with(String text) {
            if (text.startsWith(ENDING)) {
                return new Report(lines, text.substring(ENDING.length()));
            }
            List<String> more = new ArrayList<>(lines);
            more.add(text);
            return new Report(more, ending);
        }
    }

    public static List<Attack> readTable() throws IOException {
        List<Attack> attacks = new ArrayList<>();
        for (String line : table().lines().toList()) {
            String text = line.strip();
            if (text.startsWith("#") || text.isEmpty()) {
                continue;
            }
            if (line.startsWith(" ")) {
                attacks.add(attacks.removeLast().with(text));
            } else {
                List<String> words = List.of(text.split(" ", -1));
                attacks.add(new Attack(words.getFirst(), words.subList(1, words.size()), List.of(Report.EMPTY)));
            }
        }
        return attacks;
    }

    private Attack with(String text) {
        List<Report> changed = new ArrayList<>(reports);
        changed.add(text.startsWith(OTHER) ? Report.EMPTY : changed.removeLast().with(text));
        return new Attack(program, arguments, changed);
    }

    private static String table() throws IOException {
        try (InputStream in = Objects.requireNonNull(Attack.class.getResourceAsStream("/escape/attacks.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public String toString() {
        return arguments.isEmpty() ? program : program + " " + String.join(" ", arguments);
    }
}
