package dev.instar.cli.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.cli.CommandException;
import dev.instar.cli.node.ConfigurationFile.Overrides;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.async.AsyncSettings;
import dev.instar.gateway.GatewayLimits;
import dev.instar.gateway.TlsSource;
import dev.instar.sandbox.Reuse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationFileTest {
    private static final Overrides NOTHING = new Overrides(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    @TempDir
    Path directory;

    @Test
    void everythingHasADefault() {
        NodeConfiguration configuration = ConfigurationFile.read(Optional.empty(), NOTHING);
        assertThat(configuration.data()).isEqualTo(Path.of("/var/lib/instar"));
        assertThat(configuration.listen()).isEqualTo("127.0.0.1");
        assertThat(configuration.port()).isEqualTo(8080);
        assertThat(configuration.tls()).isEmpty();
        assertThat(configuration.async()).isEqualTo(AsyncSettings.DEFAULT);
        assertThat(configuration.limits()).isEqualTo(GatewayLimits.DEFAULT);
        assertThat(configuration.sandboxes()).isEqualTo(NodeConfiguration.Sandboxes.DEFAULT);
        assertThat(configuration.log()).isEqualTo(NodeConfiguration.Log.DEFAULT);
        assertThat(ConfigurationFile.read(Optional.of(file("")), NOTHING)).isEqualTo(configuration);
    }

    @Test
    void theShippedConfigurationSaysTheDefaults() {
        Path shipped = Path.of("..", "packaging", "instar.yaml");
        assertThat(ConfigurationFile.read(Optional.of(shipped), NOTHING))
                .isEqualTo(ConfigurationFile.read(Optional.empty(), NOTHING));
    }

    @Test
    void everySettingIsRead() {
        NodeConfiguration configuration = ConfigurationFile.read(Optional.of(file("""
                                data: /srv/instar
                                listen: 0.0.0.0
                                port: 443
                                unix-socket: /run/instar.sock
                                tls:
                                  certificate: /etc/instar/cert.pem
                                  key: /etc/instar/key.pem
                                memory: 4Gi
                                queue-length: 9
                                concurrent-starts: 3
                                freeze-idle: 5s
                                drain: 2m
                                sandboxes:
                                  ready: 4
                                  maximum: 40
                                  first-uid: 200000
                                  bridge-network: 10.1.0.0/16
                                  reuse: false
                                  longest-use: 5m
                                  uses: 7
                                  favordynmods: true
                                async:
                                  workers: 5
                                  private-callbacks: true
                                limits:
                                  body: 1Mi
                                  archive: 2Mi
                                  image: 3Gi
                                  connections: 10
                                  requests: 20
                                  idle: 5s
                                  stall: 6s
                                log:
                                  format: json
                                  file: /var/log/instar/node.log
                                  level: warn
                                """)), NOTHING);
        assertThat(configuration.freezeIdle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(configuration.tls())
                .contains(new TlsSource.Pem(Path.of("/etc/instar/cert.pem"), Path.of("/etc/instar/key.pem")));
        assertThat(configuration.memoryBoundBytes()).contains(4L << 30);
        assertThat(configuration.queueLength()).contains(9);
        assertThat(configuration.concurrentStarts()).contains(3);
        assertThat(configuration.drainPatience()).isEqualTo(Duration.ofMinutes(2));
        assertThat(configuration.sandboxes())
                .isEqualTo(new NodeConfiguration.Sandboxes(
                        4,
                        40,
                        Optional.of(200_000),
                        Optional.of("10.1.0.0/16"),
                        new Reuse(false, Duration.ofMinutes(5), 7),
                        true));
        assertThat(configuration.async().workers()).isEqualTo(5);
        assertThat(configuration.async().allowPrivateCallbacks()).isTrue();
        assertThat(configuration.limits().bodyBytes()).isEqualTo(1 << 20);
        assertThat(configuration.limits().imageBytes()).isEqualTo(3L << 30);
        assertThat(configuration.limits().requests()).isEqualTo(20);
        assertThat(configuration.log())
                .isEqualTo(new NodeConfiguration.Log(true, Optional.of(Path.of("/var/log/instar/node.log")), "warn"));
    }

    @Test
    void theCommandLineComesBeforeTheFile() {
        Overrides overrides = new Overrides(
                Optional.of(directory),
                Optional.empty(),
                Optional.of(1),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        NodeConfiguration configuration = ConfigurationFile.read(
                Optional.of(file("data: /elsewhere\nport: 2\nlisten: '::1'\ntls: {certificate: c, key: k}\n")),
                overrides);
        assertThat(configuration.data()).isEqualTo(directory);
        assertThat(configuration.port()).isEqualTo(1);
        assertThat(configuration.listen()).isEqualTo("::1");
        assertThat(configuration.tls()).contains(new TlsSource.SelfSigned(directory.resolve("tls")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prot: 8080",
                "port: eighty",
                "port: 70000",
                "memory: 1",
                "memory: lots",
                "queue-length: 0",
                "drain: soon",
                "sandboxes: {ready: 9, maximum: 3}",
                "sandboxes: {first-uid: 0}",
                "sandboxes: {uses: 0}",
                "sandboxes: {longest-use: 0s}",
                "sandboxes: {reuse: often}",
                "limits: {body: 0}",
                "limits: {bodies: 1}",
                "async: {workers: 0}",
                "async: {private-callbacks: perhaps}",
                "log: {format: xml}",
                "log: {level: loud}",
                "tls: {certificate: only}",
                "tls: {self-signed: true, certificate: c, key: k}",
                "- a list",
                "port: 1\nport: 2",
                "a: b: c"
            })
    void whatIsWrongIsRefused(String yaml) {
        Optional<Path> file = Optional.of(file(yaml));
        assertThatThrownBy(() -> ConfigurationFile.read(file, NOTHING)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aFileThatIsNotThereIsBadInput() {
        Optional<Path> file = Optional.of(directory.resolve("absent"));
        assertThatThrownBy(() -> ConfigurationFile.read(file, NOTHING)).isInstanceOf(CommandException.class);
    }

    @Test
    void nodesWithOtherDataTakeOtherSharesOfTheMachine() {
        HostShare one = HostShare.of(Path.of("/var/lib/instar"), NodeConfiguration.Sandboxes.DEFAULT);
        HostShare same = HostShare.of(Path.of("/var/lib/instar"), NodeConfiguration.Sandboxes.DEFAULT);
        HostShare other = HostShare.of(Path.of("/srv/instar"), NodeConfiguration.Sandboxes.DEFAULT);
        assertThat(one).isEqualTo(same);
        assertThat(one.nodeId()).matches("[0-9a-f]{8}").isNotEqualTo(other.nodeId());
        assertThat(Math.abs(one.firstUid() - other.firstUid())).isGreaterThanOrEqualTo(2000);
        assertThat(one.firstUid()).isBetween(1_600_000_000, 1_600_000_000 + (1 << 24) - 2000);
    }

    private Path file(String yaml) {
        try {
            return Files.writeString(directory.resolve("instar.yaml"), yaml);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
