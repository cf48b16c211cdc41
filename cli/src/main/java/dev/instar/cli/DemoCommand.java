package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.demo.Demo;
import dev.instar.cli.demo.Measurement;
import dev.instar.cli.demo.NodeProcess;
import dev.instar.cli.deploy.FunctionDeployer;
import dev.instar.cli.deploy.Sources;
import dev.instar.cli.install.DependencyInstaller;
import dev.instar.cli.install.PackageTools;
import dev.instar.engine.StartPreference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar demo}. */
@Command(
        name = "demo",
        description = {
            "Start a node, deploy the sample functions, call each cold and warm, and show the times.",
            "Everything is removed at the end."
        })
final class DemoCommand implements Callable<Integer> {
    private static final FunctionDeployer.Naming STARTING_COLD = new FunctionDeployer.Naming(
            Optional.empty(), Optional.empty(), Optional.of(StartPreference.COLD), Optional.empty(), Optional.empty());

    private final Console console;

    @Option(
            names = "--calls",
            paramLabel = "CALLS",
            description = "Calls of each function by each kind of start. Default: 50.")
    private int calls = 50;

    @Option(names = "--functions", paramLabel = "DIR", description = "Where the sample functions are.")
    private Path functions = Path.of(System.getProperty("instar.home", "."), "functions");

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    DemoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (calls < 1 || calls > 10_000) {
            throw CommandException.badInput("--calls takes 1 to 10000");
        }
        for (String function : Demo.functions()) {
            if (!Files.isDirectory(functions.resolve(function))) {
                throw CommandException.badInput("there is no sample function " + functions.resolve(function)
                        + "; name their folder with --functions");
            }
        }
        Progress progress = new Progress(console);
        List<Measurement> measurements = new ArrayList<>();
        try (NodeProcess node = progress.step("starting a node", () -> NodeProcess.start(List.of()));
                GatewayClient client = new GatewayClient(node.gateway(), node.credentials(), Optional.empty())) {
            FunctionDeployer deployer = new FunctionDeployer(
                    client,
                    progress,
                    new Sources(progress, Optional.of(new DependencyInstaller(PackageTools.ofMachine()))));
            for (String function : Demo.functions()) {
                deployer.deploySource(functions.resolve(function), STARTING_COLD);
            }
            Demo demo = new Demo(client, deployer, calls);
            for (String function : Demo.functions()) {
                progress.step(
                        "calling " + function + " " + calls + " times cold, from its template and warm",
                        () -> measurements.addAll(demo.measure(function)));
            }
        }
        print(measurements);
        return ExitStatus.OK;
    }

    private void print(List<Measurement> measurements) {
        if (json) {
            ObjectNode result = Json.object();
            result.set("results", Json.tree(measurements));
            Json.print(result, console.out());
            return;
        }
        Table table = Table.of(
                "FUNCTION", "START", "CALLS>", "START P50 MS>", "P99>", "TOTAL P50 MS>", "P99>", "PRIVATE MEMORY>");
        for (Measurement measured : measurements) {
            table.row(
                    measured.function(),
                    measured.start(),
                    measured.calls(),
                    measured.start().equals("warm")
                            ? "-"
                            : Output.millis(measured.startMs().p50()),
                    measured.start().equals("warm")
                            ? "-"
                            : Output.millis(measured.startMs().p99()),
                    Output.millis(measured.totalMs().p50()),
                    Output.millis(measured.totalMs().p99()),
                    Output.bytes(measured.privateBytes()));
        }
        table.print(console.out());
    }
}
