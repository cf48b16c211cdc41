package dev.instar.cli;

import dev.instar.cli.client.GatewayClient;
import dev.instar.cli.deploy.FunctionDeployer;
import dev.instar.cli.deploy.FunctionDeployer.Naming;
import dev.instar.cli.deploy.Sources;
import dev.instar.cli.install.DependencyInstaller;
import dev.instar.cli.install.PackageTools;
import dev.instar.engine.deploy.StackFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code instar deploy}. */
@Command(
        name = "deploy",
        description = {
            "Deploy functions: folders or archives (.zip, .tar.gz) with an instar.yaml, or all of a stack.yml.",
            "Packages of requirements.txt and package.json are installed first, into a copy."
        })
final class DeployCommand implements Callable<Integer> {
    @Mixin
    private final GatewayOptions node;

    private final Console console;

    @Parameters(paramLabel = "SOURCE", arity = "0..*", description = "Folders or archives.")
    private List<Path> sources = List.of();

    @Option(
            names = {"-f", "--yaml"},
            paramLabel = "FILE",
            description = "OpenFaaS's stack.yml.")
    private @Nullable Path stack;

    @Option(names = "--name", paramLabel = "NAME", description = "Name in place of the manifest's.")
    private @Nullable String name;

    @Option(names = "--no-install", description = "Do not install packages; deploy the files as they are.")
    private boolean noInstall;

    DeployCommand(Console console) {
        this.console = console;
        this.node = new GatewayOptions(console);
    }

    @Override
    public Integer call() {
        if (sources.isEmpty() == (stack == null)) {
            throw CommandException.badInput("name folders or archives to deploy, or a stack file with -f");
        }
        if (name != null && sources.size() != 1) {
            throw CommandException.badInput("--name goes with one folder or archive");
        }
        List<JsonNode> versions = stack == null ? deploySources() : deployStack(stack);
        if (node.json()) {
            Json.print(Json.tree(versions), console.out());
        } else {
            try (GatewayClient client = node.connect()) {
                versions.forEach(version -> report(client, version));
            }
        }
        return ExitStatus.OK;
    }

    private List<JsonNode> deploySources() {
        List<JsonNode> versions = new ArrayList<>();
        try (GatewayClient client = node.connect()) {
            FunctionDeployer deployer = deployer(client);
            for (Path source : sources) {
                versions.add(deployer.deploySource(source, naming()));
            }
        }
        return versions;
    }

    private List<JsonNode> deployStack(Path file) {
        StackFile read = read(file);
        read.gateway().ifPresent(node::preferGateway);
        List<JsonNode> versions = new ArrayList<>();
        try (GatewayClient client = node.connect()) {
            FunctionDeployer deployer = deployer(client);
            for (StackFile.Entry entry : read.functions()) {
                entry.warnings().forEach(warning -> console.err().println("instar: " + warning));
                versions.add(deployer.deployManifest(entry.manifest(), entry.directory(), naming()));
            }
        }
        return versions;
    }

    private StackFile read(Path file) {
        try {
            return StackFile.read(file, console.environment()::get);
        } catch (IOException e) {
            throw new CommandException(ExitStatus.BAD_INPUT, "cannot read " + file + ": " + e, e);
        }
    }

    private FunctionDeployer deployer(GatewayClient client) {
        Progress progress = new Progress(console);
        Optional<DependencyInstaller> installer =
                noInstall ? Optional.empty() : Optional.of(new DependencyInstaller(PackageTools.ofMachine()));
        return new FunctionDeployer(client, progress, new Sources(progress, installer));
    }

    private Naming naming() {
        return new Naming(
                node.explicitNamespace(),
                Optional.ofNullable(name),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private void report(GatewayClient client, JsonNode version) {
        String name = Output.text(version, "name");
        String namespace = Output.text(version, "namespace");
        String address = namespace.equals("default") ? name : name + "." + namespace;
        console.err()
                .println(name + "." + namespace + " is at version " + Output.text(version, "version")
                        + ": call it with `instar invoke " + address + "`, or at " + node.gateway() + "/function/"
                        + address);
        TemplateNotes.find(client, new FunctionAddress(namespace, name))
                .map(TemplateNotes::warnings)
                .orElse(List.of())
                .forEach(warning -> console.err().println("instar: " + warning));
    }
}
