package dev.instar.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/** All commands, and how their errors become messages and exit statuses. */
public final class CommandTree {
    private CommandTree() {}

    /**
     * Runs one command.
     *
     * @param console what it reads and writes
     * @param arguments the command line without the program's name
     * @return the exit status, one of {@link ExitStatus}
     */
    public static int run(Console console, String... arguments) {
        try {
            return commandLine(console, arguments).execute(arguments);
        } finally {
            console.out().flush();
            console.err().flush();
        }
    }

    /** The whole tree, for help and completion. */
    static CommandLine whole(Console console) {
        return commandLine(console);
    }

    /**
     * Making a subcommand costs reflection, which is most of what a short command spends: where the first argument
     * names one, only that is made.
     */
    private static CommandLine commandLine(Console console, String... arguments) {
        Map<String, Supplier<Object>> commands = commands(console);
        CommandLine root = new CommandLine(new Root());
        String first = arguments.length > 0 ? arguments[0] : "";
        if (commands.containsKey(first)) {
            root.addSubcommand(commands.get(first).get());
        } else {
            commands.values().forEach(command -> root.addSubcommand(command.get()));
        }
        // Settings reach only the subcommands that are there already.
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setExpandAtFiles(false);
        addHelp(root);
        ErrorReport errors = new ErrorReport(console);
        root.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
        root.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
        root.setParameterExceptionHandler(errors);
        root.setExecutionExceptionHandler(errors);
        return root;
    }

    private static void addHelp(CommandLine command) {
        command.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help.")
                        .build());
        // A command with an alias is there twice.
        new HashSet<>(command.getSubcommands().values()).forEach(CommandTree::addHelp);
    }

    private static Map<String, Supplier<Object>> commands(Console console) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("deploy", () -> new DeployCommand(console));
        commands.put("list", () -> new ListCommand(console));
        commands.put("describe", () -> new DescribeCommand(console));
        commands.put("invoke", () -> new InvokeCommand(console));
        commands.put("logs", () -> new LogsCommand(console));
        commands.put("remove", () -> new RemoveCommand(console));
        commands.put("rollback", () -> new RollbackCommand(console));
        commands.put("scale", () -> new ScaleCommand(console));
        commands.put("template", () -> new TemplateCommand(console));
        commands.put("secret", () -> new SecretCommand(console));
        commands.put("namespace", () -> new NamespaceCommand(console));
        commands.put("token", () -> new TokenCommand(console));
        commands.put("async", () -> new AsyncCommand(console));
        commands.put("audit", () -> new AuditCommand(console));
        commands.put("status", () -> new StatusCommand(console));
        commands.put("drain", () -> new DrainCommand(console));
        commands.put("resume", () -> new ResumeCommand(console));
        commands.put("login", () -> new LoginCommand(console));
        commands.put("up", () -> new UpCommand(console));
        commands.put("doctor", () -> new DoctorCommand(console));
        commands.put("demo", () -> new DemoCommand(console));
        commands.put("bench", () -> BenchCommand.tree(console));
        commands.put("backup", () -> new BackupCommand(console));
        commands.put("restore", () -> new RestoreCommand(console));
        commands.put("completion", () -> new CompletionCommand(console));
        commands.put("version", () -> new VersionCommand(console));
        commands.put("train", () -> new TrainCommand(console));
        return commands;
    }

    @Command(
            name = "instar",
            description = {"Runs functions on this machine, each call in a sandbox.", ""},
            footer = {
                "",
                "Exit status: 0 done; 1 failed; 2 bad command line or input, nothing changed; 3 no access to the node."
            })
    private static final class Root {}
}
