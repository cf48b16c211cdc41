package dev.instar.cli.node;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.engine.InvalidRequestException;
import dev.instar.engine.async.AsyncSettings;
import dev.instar.engine.deploy.Fields;
import dev.instar.engine.deploy.Quantity;
import dev.instar.engine.deploy.TimeSpan;
import dev.instar.engine.templates.TemplateSettings;
import dev.instar.gateway.GatewayLimits;
import dev.instar.gateway.TlsSource;
import dev.instar.sandbox.Reuse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads a node's configuration: YAML, every setting optional, unknown ones refused. What the command line says comes
 * before what the file says.
 */
public final class ConfigurationFile {
    private static final String DEFAULT_DATA = "/var/lib/instar";
    private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

    private ConfigurationFile() {}

    /**
     * What the command line says.
     *
     * @param selfSigned whether it asks for a self-signed certificate
     */
    public record Overrides(
            Optional<Path> data,
            Optional<String> listen,
            Optional<Integer> port,
            Optional<Path> unixSocket,
            boolean selfSigned,
            Optional<TlsSource> certificate,
            Optional<Long> memoryBoundBytes,
            Optional<Integer> readySandboxes,
            Optional<Duration> drainPatience,
            Optional<Boolean> jsonLog,
            Optional<Path> logFile) {}

    /**
     * The configuration of a node.
     *
     * @param file empty for the defaults
     * @throws CommandException if the file cannot be read
     * @throws InvalidRequestException naming line and field of what is wrong
     */
    public static NodeConfiguration read(Optional<Path> file, Overrides overrides) {
        Fields fields = file.map(ConfigurationFile::fields).orElseGet(Fields::none);
        Path data = first(overrides.data(), fields.text("data").map(Path::of)).orElse(Path.of(DEFAULT_DATA));
        Optional<TlsSource> inFile = tls(fields, data);
        NodeConfiguration configuration = new NodeConfiguration(
                data.toAbsolutePath().normalize(),
                first(overrides.listen(), fields.text("listen")).orElse("127.0.0.1"),
                first(overrides.port(), fields.integer("port")).orElse(8080),
                first(overrides.unixSocket(), fields.text("unix-socket").map(Path::of)),
                overrides.selfSigned() ? Optional.of(selfSigned(data)) : first(overrides.certificate(), inFile),
                first(overrides.memoryBoundBytes(), fields.parsed("memory", Quantity::bytes)),
                fields.integer("queue-length"),
                fields.integer("concurrent-starts"),
                fields.parsed("freeze-idle", TimeSpan::parse).orElse(Duration.ZERO),
                first(overrides.drainPatience(), fields.parsed("drain", TimeSpan::parse))
                        .orElse(DEFAULT_DRAIN),
                sandboxes(fields, overrides),
                templates(fields),
                async(fields),
                limits(fields),
                log(fields, overrides));
        fields.finish();
        return configuration;
    }

    /** Where a self-signed certificate of a node is kept. */
    private static TlsSource selfSigned(Path data) {
        return new TlsSource.SelfSigned(data.resolve("tls"));
    }

    private static Fields fields(Path file) {
        try {
            return Fields.read(file);
        } catch (IOException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "cannot read the configuration " + file + ": " + e, e);
        }
    }

    private static <T> Optional<T> first(Optional<T> commandLine, Optional<T> file) {
        return commandLine.isPresent() ? commandLine : file;
    }

    private static Optional<TlsSource> tls(Fields parent, Path data) {
        return parent.mapping("tls").flatMap(fields -> {
            boolean own = fields.flag("self-signed").orElse(false);
            Optional<Path> certificate = fields.text("certificate").map(Path::of);
            Optional<Path> key = fields.text("key").map(Path::of);
            fields.finish();
            if (own && (certificate.isPresent() || key.isPresent())) {
                throw fields.error("self-signed", "contradicts certificate and key");
            }
            if (certificate.isPresent() != key.isPresent()) {
                throw fields.error("certificate", "certificate and key go together");
            }
            return own
                    ? Optional.of(selfSigned(data))
                    : certificate.map(file -> new TlsSource.Pem(file, key.orElseThrow()));
        });
    }

    private static NodeConfiguration.Sandboxes sandboxes(Fields parent, Overrides overrides) {
        NodeConfiguration.Sandboxes defaults = NodeConfiguration.Sandboxes.DEFAULT;
        Fields fields = parent.mapping("sandboxes").orElseGet(Fields::none);
        NodeConfiguration.Sandboxes sandboxes = new NodeConfiguration.Sandboxes(
                first(overrides.readySandboxes(), fields.integer("ready")).orElse(defaults.ready()),
                fields.integer("maximum").orElse(defaults.maximum()),
                fields.integer("first-uid"),
                fields.text("bridge-network"),
                reuse(fields),
                fields.flag("favordynmods").orElse(defaults.favorDynMods()));
        fields.finish();
        return sandboxes;
    }

    private static Reuse reuse(Fields fields) {
        Reuse defaults = Reuse.DEFAULT;
        boolean on = fields.flag("reuse").orElse(defaults.on());
        Duration longest = fields.parsed("longest-use", TimeSpan::parse).orElse(defaults.longestUse());
        int uses = fields.integer("uses").orElse(defaults.uses());
        try {
            return new Reuse(on, longest, uses);
        } catch (IllegalArgumentException e) {
            throw fields.error(uses < 1 ? "uses" : "longest-use", String.valueOf(e.getMessage()));
        }
    }

    private static TemplateSettings templates(Fields parent) {
        TemplateSettings defaults = TemplateSettings.defaults();
        Fields fields = parent.mapping("templates").orElseGet(Fields::none);
        try {
            TemplateSettings settings = new TemplateSettings(
                    fields.parsed("memory", Quantity::bytes).orElse(defaults.poolBytes()),
                    fields.integer("extra-regions").orElse(defaults.extraRegions()),
                    fields.flag("seats").orElse(defaults.seats()),
                    fields.parsed("idle", TimeSpan::parse).orElse(defaults.idle()),
                    defaults.retry());
            fields.finish();
            return settings;
        } catch (IllegalArgumentException e) {
            throw parent.error("templates", String.valueOf(e.getMessage()));
        }
    }

    private static AsyncSettings async(Fields parent) {
        AsyncSettings defaults = AsyncSettings.DEFAULT;
        Fields fields = parent.mapping("async").orElseGet(Fields::none);
        int workers = fields.integer("workers").orElse(defaults.workers());
        if (workers < 1) {
            throw fields.error("workers", "must be at least 1");
        }
        AsyncSettings settings = new AsyncSettings(
                workers,
                defaults.retry(),
                defaults.callbackTimeout(),
                defaults.callbackAttempts(),
                defaults.callbackBodyBytes(),
                fields.flag("private-callbacks").orElse(defaults.allowPrivateCallbacks()));
        fields.finish();
        return settings;
    }

    private static GatewayLimits limits(Fields parent) {
        GatewayLimits defaults = GatewayLimits.DEFAULT;
        Fields fields = parent.mapping("limits").orElseGet(Fields::none);
        try {
            GatewayLimits limits = new GatewayLimits(
                    fields.parsed("body", Quantity::bytes).orElse(defaults.bodyBytes()),
                    fields.parsed("archive", Quantity::bytes).orElse(defaults.archiveBytes()),
                    fields.parsed("image", Quantity::bytes).orElse(defaults.imageBytes()),
                    defaults.documentBytes(),
                    defaults.requestLineBytes(),
                    defaults.headerBytes(),
                    fields.integer("connections").orElse(defaults.connections()),
                    fields.integer("requests").orElse(defaults.requests()),
                    fields.parsed("idle", TimeSpan::parse).orElse(defaults.idle()),
                    defaults.head(),
                    fields.parsed("stall", TimeSpan::parse).orElse(defaults.stall()),
                    defaults.grace());
            fields.finish();
            return limits;
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("limits: " + e.getMessage());
        }
    }

    private static NodeConfiguration.Log log(Fields parent, Overrides overrides) {
        Fields fields = parent.mapping("log").orElseGet(Fields::none);
        String format = fields.text("format").orElse("text");
        if (!format.equals("text") && !format.equals("json")) {
            throw fields.error("format", "must be text or json");
        }
        NodeConfiguration.Log log = new NodeConfiguration.Log(
                overrides.jsonLog().orElse(format.equals("json")),
                first(overrides.logFile(), fields.text("file").map(Path::of)),
                fields.text("level").orElse(NodeConfiguration.Log.DEFAULT.level()));
        fields.finish();
        return log;
    }
}
