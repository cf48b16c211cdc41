package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionCommandTest {
    @TempDir
    Path home;

    @Test
    void bashCompletesCommandsSubcommandsAndOptions() throws Exception {
        Path script = Files.writeString(home.resolve("completion"), completion("bash"));
        assertThat(completed(script, "instar", "de")).contains("describe").doesNotContain("list");
        assertThat(completed(script, "instar", "secret", "")).contains("create", "update", "list", "remove");
        assertThat(completed(script, "instar", "template", ""))
                .contains("list", "describe", "rebuild", "export", "import");
        assertThat(completed(script, "instar", "logs", "--fo")).containsExactly("--follow");
        assertThat(completed(script, "instar", "token", "create", "--role", "D"))
                .contains("DEPLOYER");
    }

    @Test
    void fishHasALineForEachCommandAndOption() {
        String script = completion("fish");
        assertThat(script)
                .contains("complete -c instar -n '__fish_use_subcommand' -a describe -d 'Show a function")
                .contains(
                        "'__fish_seen_subcommand_from secret; and __fish_seen_subcommand_from create' -l from-file -r -F")
                .contains("-n '__fish_seen_subcommand_from logs' -s f -l follow -d 'Go on with new lines")
                .doesNotContain("train");
        // Quotes must match on every line, or fish would refuse the whole script.
        assertThat(script.lines())
                .allMatch(line ->
                        line.replace("\\'", "").chars().filter(c -> c == '\'').count() % 2 == 0);
    }

    @Test
    void anUnknownShellIsBadInput() {
        assertThat(CommandRun.in(home).run("completion", "csh").status()).isEqualTo(ExitStatus.BAD_INPUT);
    }

    private String completion(String shell) {
        CommandRun.Result result = CommandRun.in(home).run("completion", shell);
        assertThat(result.status()).isZero();
        return result.out();
    }

    /** What bash offers for the last word. */
    private static List<String> completed(Path script, String... words) throws IOException, InterruptedException {
        String program = "source " + script + "; COMP_WORDS=(" + quoted(words) + "); COMP_CWORD=" + (words.length - 1)
                + "; COMP_LINE='" + String.join(" ", words) + "'; COMP_POINT=${#COMP_LINE}; "
                + "$(complete -p instar | sed 's/.*-F \\([^ ]*\\).*/\\1/') instar '" + words[words.length - 1]
                + "'; printf '%s\\n' \"${COMPREPLY[@]}\"";
        Process bash = new ProcessBuilder("bash", "--norc", "-c", program)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = bash.inputReader().lines().map(String::strip).toList();
        assertThat(bash.waitFor()).isZero();
        return lines;
    }

    private static String quoted(String... words) {
        return "'" + String.join("' '", words) + "'";
    }
}
