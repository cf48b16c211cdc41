package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Holds docs/cli.md to what the commands say of themselves; {@code -Dinstar.update-docs} writes it anew. */
class CliReferenceTest {
    private static final Path REFERENCE = Path.of("..", "docs", "cli.md");
    private static final int WIDTH = 110;

    @Test
    void theReferenceIsUpToDate() throws IOException {
        String expected = reference();
        if (System.getProperty("instar.update-docs") != null) {
            Files.writeString(REFERENCE, expected);
        }
        assertThat(Files.readString(REFERENCE))
                .as("docs/cli.md is out of date: run this test with -Dinstar.update-docs")
                .isEqualTo(expected);
    }

    private static String reference() {
        CommandLine root = CommandTree.whole(Console.ofProcess());
        StringBuilder text = new StringBuilder("""
                # The command line

                Where a command finds its node: `--gateway`, else `INSTAR_GATEWAY`, else `http://127.0.0.1:8080`. Where it finds
                credentials, the first that is there: `INSTAR_TOKEN`; `INSTAR_PASSWORD` (with `INSTAR_USER`, else `admin`); what
                `instar login` keeps in `~/.config/instar/credentials`; for a node on the loopback address the file
                `admin-password` of its data directory (`INSTAR_DATA`, else `/var/lib/instar`), where that is readable.
                A certificate that the machine does not trust is named with `--ca-cert` or `INSTAR_CA_CERT`.

                Exit status: 0 done; 1 it was tried and failed, or what was named does not exist; 2 the command line, a file or a
                value is not acceptable and nothing has changed; 3 the node cannot be reached or does not accept the credentials.
                Results go to standard output, everything else to standard error. `INSTAR_DEBUG=1` shows where an unexpected
                error came from.

                This page is written by a test from what the commands say of themselves.

                """);
        append(text, root, "##");
        return text.toString();
    }

    private static void append(StringBuilder text, CommandLine command, String level) {
        command.setUsageHelpWidth(WIDTH);
        text.append(level)
                .append(" `")
                .append(command.getCommandSpec().qualifiedName())
                .append("`\n\n```text\n")
                .append(usage(command))
                .append("\n```\n\n");
        for (CommandLine child : children(command)) {
            if (!child.getCommandSpec().usageMessage().hidden()) {
                append(text, child, level.equals("##") ? "###" : "####");
            }
        }
    }

    /** Commands of a group are methods, and a class does not keep those in order. */
    private static String usage(CommandLine command) {
        String usage = command.getUsageMessage(Ansi.OFF).stripTrailing();
        int list = usage.indexOf("\nCommands:\n");
        if (list < 0 || command.getParent() == null) {
            return usage;
        }
        int begin = list + "\nCommands:\n".length();
        return usage.substring(0, begin)
                + usage.substring(begin).lines().sorted().collect(Collectors.joining("\n"));
    }

    private static Collection<CommandLine> children(CommandLine command) {
        Collection<CommandLine> distinct =
                new LinkedHashSet<>(command.getSubcommands().values());
        return command.getParent() == null
                ? distinct
                : distinct.stream()
                        .sorted(Comparator.comparing(CommandLine::getCommandName))
                        .toList();
    }
}
