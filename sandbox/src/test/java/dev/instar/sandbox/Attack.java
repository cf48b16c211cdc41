package dev.instar.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A row of {@code escape/attacks.txt}: a hostile program and the only way in which it may end.
 *
 * @param program name of its source
 * @param outcomes the lines it reports, each naming an errno or what it observed
 * @param ending as {@link Ending#describe} says it
 */
public record Attack(String program, List<String> arguments, List<String> outcomes, String ending) {
    private static final String ENDING = "ends: ";

    public static List<Attack> readTable() throws IOException {
        List<Attack> attacks = new ArrayList<>();
        List<String> words = List.of();
        List<String> outcomes = new ArrayList<>();
        String ending = "exit status 0";
        for (String line : table().lines().toList()) {
            String text = line.strip();
            if (text.startsWith("#") || text.isEmpty()) {
                continue;
            }
            if (line.startsWith(" ")) {
                if (text.startsWith(ENDING)) {
                    ending = text.substring(ENDING.length());
                } else {
                    outcomes.add(text);
                }
                continue;
            }
            addTo(attacks, words, outcomes, ending);
            words = List.of(text.split(" ", -1));
            outcomes = new ArrayList<>();
            ending = "exit status 0";
        }
        addTo(attacks, words, outcomes, ending);
        return attacks;
    }

    private static void addTo(List<Attack> attacks, List<String> words, List<String> outcomes, String ending) {
        if (!words.isEmpty()) {
            attacks.add(new Attack(words.getFirst(), words.subList(1, words.size()), outcomes, ending));
        }
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
