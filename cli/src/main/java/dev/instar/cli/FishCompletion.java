package dev.instar.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes a completion script for the fish shell: subcommands, their subcommands and their options. */
final class FishCompletion {
    private static final String COMMAND = "complete -c instar -n '%s' %s-d '%s'";

    private FishCompletion() {}

    static String script(CommandLine root) {
        List<String> lines = new ArrayList<>();
        lines.add("complete -c instar -f");
        for (CommandLine command : distinct(root)) {
            lines.add(COMMAND.formatted("__fish_use_subcommand", "-a " + names(command) + " ", description(command)));
            String inCommand = "__fish_seen_subcommand_from " + command.getCommandName();
            List<CommandLine> children = distinct(command);
            for (CommandLine child : children) {
                lines.add(COMMAND.formatted(
                        inCommand + "; and not __fish_seen_subcommand_from " + String.join(" ", childNames(children)),
                        "-a " + names(child) + " ",
                        description(child)));
                options(lines, inCommand + "; and __fish_seen_subcommand_from " + child.getCommandName(), child);
            }
            if (children.isEmpty()) {
                options(lines, inCommand, command);
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static void options(List<String> lines, String condition, CommandLine command) {
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (!option.hidden()) {
                lines.add(COMMAND.formatted(condition, flags(option), quoted(option.description())));
            }
        }
    }

    private static String flags(OptionSpec option) {
        StringBuilder flags = new StringBuilder();
        for (String name : option.names()) {
            flags.append(name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1))
                    .append(' ');
        }
        if (option.arity().max() > 0) {
            flags.append("-r ");
        }
        if ("FILE".equals(option.paramLabel())) {
            flags.append("-F ");
        }
        return flags.toString();
    }

    private static List<CommandLine> distinct(CommandLine parent) {
        Set<CommandSpec> seen = new HashSet<>();
        return parent.getSubcommands().values().stream()
                .filter(command -> !command.getCommandSpec().usageMessage().hidden())
                .filter(command -> seen.add(command.getCommandSpec()))
                .toList();
    }

    private static List<String> childNames(List<CommandLine> children) {
        return children.stream().map(CommandLine::getCommandName).toList();
    }

    private static String names(CommandLine command) {
        return command.getCommandName();
    }

    private static String description(CommandLine command) {
        return quoted(command.getCommandSpec().usageMessage().description());
    }

    private static String quoted(String[] description) {
        String first = description.length == 0 ? "" : description[0].replace("$$", "$");
        return first.replace("\\", "\\\\").replace("'", "\\'");
    }
}
