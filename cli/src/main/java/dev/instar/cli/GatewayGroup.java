package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only has subcommands, all of which talk to a node. */
abstract class GatewayGroup implements Runnable {
    @Mixin
    protected final GatewayOptions node;

    protected final Console console;

    @Spec
    private @Nullable CommandSpec spec;

    GatewayGroup(Console console) {
        this.console = console;
        this.node = new GatewayOptions(console);
    }

    /** Called when no subcommand was given. */
    @Override
    public final void run() {
        CommandSpec known = Objects.requireNonNull(spec, "picocli sets it");
        throw new ParameterException(
                known.commandLine(),
                "name one of: " + String.join(", ", known.subcommands().keySet()));
    }

    final int with(ToIntFunction<GatewayClient> work) {
        try (GatewayClient client = node.connect()) {
            return work.applyAsInt(client);
        }
    }
}
