package dev.instar.cli;

import dev.instar.cli.client.CredentialStore;
import dev.instar.cli.client.Credentials;
import dev.instar.cli.client.GatewayClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Options that say which node a command talks to. */
final class GatewayOptions {
    private static final String DEFAULT_GATEWAY = "http://127.0.0.1:8080";

    private final Console console;
    private String fallback = DEFAULT_GATEWAY;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "The node; else $$INSTAR_GATEWAY, else " + DEFAULT_GATEWAY + ".")
    private String gateway = "";

    @Option(
            names = "--ca-cert",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Certificate (PEM) to trust; else $$INSTAR_CA_CERT.")
    private String certificate = "";

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            scope = ScopeType.INHERIT,
            description = "Namespace; else $$INSTAR_NAMESPACE, else default.")
    private String namespace = "";

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print JSON.")
    private boolean json;

    GatewayOptions(Console console) {
        this.console = console;
    }

    boolean json() {
        return json;
    }

    Console console() {
        return console;
    }

    /** The namespace that was chosen. */
    String namespace() {
        return namespace.isEmpty() ? console.variable("INSTAR_NAMESPACE", "default") : namespace;
    }

    /** The namespace given on the command line or in the environment. */
    Optional<String> explicitNamespace() {
        String given = namespace.isEmpty() ? console.variable("INSTAR_NAMESPACE", "") : namespace;
        return given.isEmpty() ? Optional.empty() : Optional.of(given);
    }

    /** Whether the command line names a namespace. */
    boolean hasNamespace() {
        return !namespace.isEmpty();
    }

    /** Sets what stands in place of the default address. */
    void preferGateway(String address) {
        fallback = address;
    }

    /** The function that {@code NAME} or {@code NAME.NAMESPACE} addresses. */
    FunctionAddress function(String text) {
        int dot = text.indexOf('.');
        if (dot < 0) {
            return new FunctionAddress(namespace(), text);
        }
        String inText = text.substring(dot + 1);
        if (!namespace.isEmpty() && !namespace.equals(inText)) {
            throw CommandException.badInput(
                    text + " names the namespace " + inText + ", but --namespace says " + namespace);
        }
        return new FunctionAddress(inText, text.substring(0, dot));
    }

    /** The address of the node. */
    URI gateway() {
        String text = gateway.isEmpty() ? console.variable("INSTAR_GATEWAY", fallback) : gateway;
        try {
            URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null && uri.getPath().isEmpty() && uri.getQuery() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw CommandException.badInput("not a gateway address: " + e.getMessage());
        }
        throw CommandException.badInput("a gateway address looks like http://HOST:PORT, not \"" + text + "\"");
    }

    /** A client for the node, with the first credentials found. */
    GatewayClient connect() {
        return connect(credentials());
    }

    /** A client for the node, with these credentials. */
    GatewayClient connect(Credentials credentials) {
        String trusted = certificate.isEmpty() ? console.variable("INSTAR_CA_CERT", "") : certificate;
        return new GatewayClient(
                gateway(), credentials, trusted.isEmpty() ? Optional.empty() : Optional.of(Path.of(trusted)));
    }

    /** The file of {@code instar login}. */
    CredentialStore credentialStore() {
        Path home = Path.of(console.variable("HOME", System.getProperty("user.home")));
        String configuration =
                console.variable("XDG_CONFIG_HOME", home.resolve(".config").toString());
        return new CredentialStore(Path.of(configuration, "instar", "credentials"));
    }

    /** The first credentials found for the node. */
    Credentials credentials() {
        return credentials(gateway());
    }

    private Credentials credentials(URI node) {
        String token = console.variable("INSTAR_TOKEN", "");
        if (!token.isEmpty()) {
            return new Credentials.Token(token);
        }
        String user = console.variable("INSTAR_USER", "admin");
        String password = console.variable("INSTAR_PASSWORD", "");
        if (!password.isEmpty()) {
            return new Credentials.Password(user, password);
        }
        return credentialStore()
                .find(node)
                .or(() -> localPassword(node).map(text -> new Credentials.Password("admin", text)))
                .orElse(new Credentials.None());
    }

    /** The password of this machine's node, for its administrator; never sent to another machine. */
    private Optional<String> localPassword(URI node) {
        Path file = DataOption.directory("", console).resolve("admin-password");
        try {
            return isLoopback(node) && Files.isReadable(file)
                    ? Optional.of(Files.readString(file).strip())
                    : Optional.empty();
        } catch (IOException e) {
            throw new CommandException(ExitStatus.NO_ACCESS, "cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isLoopback(URI node) {
        try {
            return InetAddress.getByName(node.getHost()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
