package dev.instar.cli;

import dev.instar.cli.client.Credentials;
import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.node.ConfigurationFile;
import dev.instar.cli.node.Node;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Starts a node on a free port with a data directory of its own, asks it a few questions and ends it. */
final class NodeTraining {
    private final Console console;

    NodeTraining(Console console) {
        this.console = console;
    }

    int run() throws IOException {
        try (TemporaryDirectory data = TemporaryDirectory.create("instar-train-")) {
            ConfigurationFile.Overrides overrides = new ConfigurationFile.Overrides(
                    Optional.of(data.path()),
                    Optional.of("127.0.0.1"),
                    Optional.of(0),
                    Optional.empty(),
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(1),
                    Optional.of(Duration.ZERO),
                    Optional.empty(),
                    Optional.empty());
            try (Node node = Node.start(ConfigurationFile.read(Optional.empty(), overrides), BuildInfo.version());
                    GatewayClient client = new GatewayClient(
                            URI.create(node.url()),
                            new Credentials.Password(
                                    "admin", node.adminPassword().text()),
                            Optional.empty())) {
                client.get("/system/functions", Map.of("namespace", "default"));
                console.out().println(client.get("/system/status", Map.of()));
            }
        }
        return ExitStatus.OK;
    }
}
