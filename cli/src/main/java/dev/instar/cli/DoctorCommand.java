package dev.instar.cli;

import dev.instar.cli.doctor.Examination;
import dev.instar.cli.doctor.Finding;
import dev.instar.cli.doctor.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code instar doctor}. */
@Command(
        name = "doctor",
        description = "Check whether a node can run on this machine; exit status 1 if it cannot. Nothing is changed.")
final class DoctorCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--data", paramLabel = "DIR", description = "Data directory of the node. Default: /var/lib/instar.")
    private Path data = Path.of("/var/lib/instar");

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where it would listen. Default: 127.0.0.1.")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "PORT", description = "Its port. Default: 8080.")
    private int port = 8080;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    DoctorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Finding> findings = new Examination(Machine.local(), data, host, port).findings();
        boolean canRun = Examination.canRun(findings);
        if (json) {
            ObjectNode result = Json.object().put("canRun", canRun);
            result.set("findings", Json.tree(findings));
            Json.print(result, console.out());
        } else {
            print(findings);
            console.out().println(canRun ? "A node can run here." : "A node cannot run here.");
        }
        return canRun ? ExitStatus.OK : ExitStatus.FAILED;
    }

    private void print(List<Finding> findings) {
        for (Finding finding : findings) {
            String level = finding.level().name().toLowerCase(Locale.ROOT);
            console.out().printf("%-8s %-24s %s%n", level, finding.name(), finding.detail());
            if (finding.level() != Finding.Level.OK) {
                console.out().printf("%33s costs: %s%n", "", finding.cost());
                console.out().printf("%33s remedy: %s%n", "", finding.remedy());
            }
        }
    }
}
