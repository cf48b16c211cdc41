package dev.instar.cli;

import dev.instar.cli.node.ConfigurationFile;
import dev.instar.cli.node.Node;
import dev.instar.cli.node.NodeConfiguration;
import dev.instar.engine.deploy.TimeSpan;
import dev.instar.gateway.TlsSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code instar up}. */
@Command(
        name = "up",
        description = {
            "Run a node in the foreground. SIGTERM or Ctrl-C lets running calls finish, then ends it.",
            "docs/operations.md describes the configuration file."
        })
final class UpCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration; options here come before it.")
    private @Nullable Path config;

    @Option(names = "--data", paramLabel = "DIR", description = "Data directory. Default: /var/lib/instar.")
    private @Nullable Path data;

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where to listen. Default: 127.0.0.1.")
    private @Nullable String listen;

    @Option(names = "--port", paramLabel = "PORT", description = "Port; 0 takes a free one. Default: 8080.")
    private @Nullable Integer port;

    @Option(names = "--unix-socket", paramLabel = "FILE", description = "Further socket, for the owner alone.")
    private @Nullable Path unixSocket;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate chain in PEM; needs --tls-key.")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key in PEM (PKCS#8).")
    private @Nullable Path key;

    @Option(names = "--tls-self-signed", description = "Serve HTTPS with a certificate made here and kept.")
    private boolean selfSigned;

    @Option(
            names = "--memory-bound",
            paramLabel = "BYTES",
            description = "Memory of all functions beyond which idle instances are ended, such as 4Gi. Default: 70 %%.")
    private @Nullable String memory;

    @Option(names = "--sandboxes-ready", paramLabel = "COUNT", description = "Sandboxes kept prepared. Default: 8.")
    private @Nullable Integer ready;

    @Option(names = "--drain", paramLabel = "TIME", description = "How long a shutdown waits for calls. Default: 30s.")
    private @Nullable String drain;

    @Option(names = "--log-json", description = "Log JSON objects.")
    private boolean logJson;

    @Option(names = "--log-file", paramLabel = "FILE", description = "Log to a file that is rotated.")
    private @Nullable Path logFile;

    @Option(
            names = "--ephemeral",
            hidden = true,
            paramLabel = "PROCESS",
            description = "End when that process ends, and remove the data directory.")
    private @Nullable Long owner;

    UpCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        NodeConfiguration configuration = ConfigurationFile.read(Optional.ofNullable(config), overrides());
        requireRoot();
        CountDownLatch ended = new CountDownLatch(1);
        CompletableFuture<Node> starting = new CompletableFuture<>();
        // A signal may come while the node starts: then it is ended as soon as it has started.
        ExitHook hook = ExitHook.install("shutdown", () -> shutDown(starting, configuration.data()));
        Node node = start(configuration, starting, hook);
        if (owner != null) {
            endWith(owner, ended);
        }
        if (node.adminPassword().generated()) {
            console.out()
                    .println("instar: made the password of user admin: "
                            + node.adminPassword().text() + " (kept in "
                            + configuration.data().resolve("admin-password") + ")");
        }
        console.out().println("instar: ready at " + node.url());
        console.out().flush();
        ended.await();
        return ExitStatus.OK;
    }

    private static Node start(NodeConfiguration configuration, CompletableFuture<Node> starting, ExitHook hook)
            throws IOException {
        try {
            Node node = Node.start(configuration, BuildInfo.version());
            starting.complete(node);
            return node;
        } catch (IOException | RuntimeException e) {
            starting.completeExceptionally(e);
            hook.remove();
            throw e;
        }
    }

    private static void endWith(long process, CountDownLatch ended) {
        CompletableFuture<?> end = ProcessHandle.of(process)
                .<CompletableFuture<?>>map(ProcessHandle::onExit)
                .orElseGet(() -> CompletableFuture.completedFuture(null));
        CompletableFuture<Void> _ = end.thenRun(ended::countDown);
    }

    /** An orderly end is a success, although a signal asked for it. */
    private void shutDown(CompletableFuture<Node> starting, Path directory) {
        int status = ExitStatus.OK;
        try {
            starting.join().close();
        } catch (RuntimeException e) {
            LoggerFactory.getLogger(UpCommand.class).error("the node did not end in order", e);
            status = ExitStatus.FAILED;
        }
        if (owner != null) {
            TemporaryDirectory.at(directory).close();
        }
        Runtime.getRuntime().halt(status);
    }

    private ConfigurationFile.Overrides overrides() {
        return new ConfigurationFile.Overrides(
                Optional.ofNullable(data).or(this::dataOfEnvironment),
                Optional.ofNullable(listen),
                Optional.ofNullable(port),
                Optional.ofNullable(unixSocket),
                selfSigned,
                certificate(),
                Optional.ofNullable(memory).map(ByteCount::parse),
                Optional.ofNullable(ready),
                Optional.ofNullable(drain).map(TimeSpan::parse),
                logJson ? Optional.of(true) : Optional.empty(),
                Optional.ofNullable(logFile));
    }

    private Optional<Path> dataOfEnvironment() {
        String directory = console.variable("INSTAR_DATA", "");
        return directory.isEmpty() ? Optional.empty() : Optional.of(Path.of(directory));
    }

    private Optional<TlsSource> certificate() {
        if ((certificate == null) != (key == null)) {
            throw CommandException.badInput("--tls-cert and --tls-key go together");
        }
        if (selfSigned && certificate != null) {
            throw CommandException.badInput("give --tls-self-signed or a certificate, not both");
        }
        return certificate == null || key == null ? Optional.empty() : Optional.of(new TlsSource.Pem(certificate, key));
    }

    private static void requireRoot() throws IOException {
        if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            throw CommandException.failed(
                    "a node makes namespaces, mounts and control groups: run it as root, or as a service");
        }
    }
}
