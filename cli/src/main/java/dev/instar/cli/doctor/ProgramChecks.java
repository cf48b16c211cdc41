package dev.instar.cli.doctor;

import java.util.ArrayList;
import java.util.List;

/** Programs that functions run on, and those that a node uses. */
final class ProgramChecks {
    private final Machine machine;

    ProgramChecks(Machine machine) {
        this.machine = machine;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(program("python3", "/usr/bin/python3", "--version", "Python functions do not run", "python3"));
        findings.add(pip());
        findings.add(program("node", "/usr/bin/node", "--version", "Node.js functions do not run", "nodejs"));
        findings.add(program(
                "npm",
                "/usr/bin/npm",
                "--version",
                "packages of package.json cannot be installed at deploy time",
                "npm"));
        findings.add(program("ip", "/usr/sbin/ip", "-V", "functions with `network: bridge` do not start", "iproute2"));
        findings.add(program(
                "nft", "/usr/sbin/nft", "--version", "functions with `network: bridge` do not start", "nftables"));
        findings.add(program(
                "gcc", "/usr/bin/gcc", "--version", "instar cannot be built from its sources here", "gcc libc6-dev"));
        return findings;
    }

    private Finding pip() {
        String name = "pip";
        return machine.firstLine("/usr/bin/python3", "-m", "pip", "--version")
                .or(() -> machine.firstLine("/usr/bin/pip3", "--version"))
                .map(line -> Finding.ok(name, line.replaceFirst(" from .*", "")))
                .orElseGet(() ->
                        absent(name, "packages of requirements.txt cannot be installed at deploy time", "python3-pip"));
    }

    private Finding program(String name, String path, String question, String cost, String packages) {
        return machine.firstLine(path, question)
                .map(line -> Finding.ok(name, line))
                .orElseGet(() -> absent(name, cost, packages));
    }

    private static Finding absent(String name, String cost, String packages) {
        return Finding.warning(name, "not there", cost, "apt-get install --no-install-recommends " + packages);
    }
}
