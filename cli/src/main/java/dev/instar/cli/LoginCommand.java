package dev.instar.cli;

import dev.instar.cli.client.Credentials;
import dev.instar.cli.client.GatewayClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code instar login}. */
@Command(
        name = "login",
        description = {
            "Check a password or token and keep it for later commands.",
            "It is read from standard input, so that it appears in no process list."
        })
final class LoginCommand implements Callable<Integer> {
    @Mixin
    private final GatewayOptions node;

    private final Console console;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER",
            description = "User of the password. Default: admin.")
    private String user = "admin";

    @Option(names = "--token", description = "What is read is a token, not a password.")
    private boolean token;

    @Option(names = "--forget", description = "Forget what is kept for this node instead.")
    private boolean forget;

    LoginCommand(Console console) {
        this.console = console;
        this.node = new GatewayOptions(console);
    }

    @Override
    public Integer call() {
        if (forget) {
            boolean found = node.credentialStore().remove(node.gateway());
            console.err().println(found ? "forgotten" : "nothing was kept for " + node.gateway());
            return ExitStatus.OK;
        }
        String secret = read();
        Credentials credentials = token ? new Credentials.Token(secret) : new Credentials.Password(user, secret);
        try (GatewayClient client = node.connect(credentials)) {
            client.get("/system/functions", Map.of("namespace", node.namespace()));
        }
        node.credentialStore().put(node.gateway(), credentials);
        console.err().println("kept in " + node.credentialStore().file());
        return ExitStatus.OK;
    }

    private String read() {
        String text = (console.interactive() && isTerminal() ? readTerminal() : readStandardInput()).strip();
        if (text.isEmpty() || text.contains("\n")) {
            throw CommandException.badInput(
                    "give one line with the " + (token ? "token" : "password") + " on standard input");
        }
        return text;
    }

    private static boolean isTerminal() {
        return Objects.requireNonNull(System.console()).isTerminal();
    }

    private String readTerminal() {
        char[] typed = Objects.requireNonNull(System.console()).readPassword(token ? "Token: " : "Password: ");
        return typed == null ? "" : new String(typed);
    }

    private String readStandardInput() {
        try {
            return new String(console.in().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read standard input", e);
        }
    }
}
