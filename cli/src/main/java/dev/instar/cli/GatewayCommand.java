package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that talks to a node. */
abstract class GatewayCommand implements Callable<Integer> {
    @Mixin
    protected final GatewayOptions node;

    protected final Console console;

    GatewayCommand(Console console) {
        this.console = console;
        this.node = new GatewayOptions(console);
    }

    @Override
    public final Integer call() {
        try (GatewayClient client = node.connect()) {
            return run(client);
        }
    }

    /**
     * Does the command's work.
     *
     * @return the exit status
     */
    abstract int run(GatewayClient client);
}
