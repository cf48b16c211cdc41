package dev.instar.cli.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Everything that is looked at, in the order in which it is shown. */
public final class Examination {
    private final Machine machine;
    private final Path data;
    private final String host;
    private final int port;

    /**
     * An examination for a node that would run with these settings.
     *
     * @param data its data directory, which need not exist
     * @param host the address it would listen on
     * @param port its port
     */
    public Examination(Machine machine, Path data, String host, int port) {
        this.machine = machine;
        this.data = data;
        this.host = host;
        this.port = port;
    }

    /** Looks. Nothing is changed. */
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(new KernelChecks(machine).findings());
        findings.addAll(new ControlGroupChecks(machine).findings());
        findings.addAll(new ProgramChecks(machine).findings());
        findings.addAll(new HostChecks(machine, data, host, port).findings());
        return findings;
    }

    /** Whether a node can run. */
    public static boolean canRun(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.MISSING);
    }
}
