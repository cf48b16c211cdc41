package dev.instar.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What only trying tells. Each try happens in a network namespace of its own that ends with the command, so it leaves
 * nothing behind; it may make the kernel load a module.
 */
final class CommandProbes {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    List<Feature> probe() {
        List<Feature> features = new ArrayList<>();
        features.add(program("ip", "iproute2"));
        features.add(program("nft", "nftables"));
        features.add(program("nsenter", "util-linux"));
        features.add(inNetworkNamespace(
                "veth", "ip", List.of("link", "add", "probe0", "type", "veth", "peer", "name", "probe1"), ""));
        features.add(inNetworkNamespace("bridge", "ip", List.of("link", "add", "probe0", "type", "bridge"), ""));
        features.add(inNetworkNamespace("nf-tables-nat", "nft", List.of("-f", "-"), """
                table inet probe {
                  chain out { type nat hook postrouting priority srcnat; masquerade; }
                  chain in { type filter hook input priority 0; ct state established accept; reject; }
                }
                """));
        return features;
    }

    private static Feature program(String name, String debianPackage) {
        Optional<Path> found = HostCommand.find(name);
        return new Feature(
                "command-" + name,
                found.isPresent(),
                found.map(Path::toString).orElse("not found"),
                "instances with a bridge network cannot start",
                "apt-get install " + debianPackage);
    }

    private static Feature inNetworkNamespace(String name, String program, List<String> arguments, String input) {
        String detail = attempt(program, arguments, input);
        return new Feature(
                name,
                detail.isEmpty(),
                detail.isEmpty() ? "works" : detail,
                "instances with a bridge network cannot start",
                "run as root on a kernel with veth, bridge and nf_tables (masquerade, reject, conntrack), as Debian's"
                        + " is; in a container, the host must have these modules loaded");
    }

    /** Why it did not work, or nothing. */
    private static String attempt(String program, List<String> arguments, String input) {
        Optional<Path> unshare = HostCommand.find("unshare");
        Optional<Path> found = HostCommand.find(program);
        if (unshare.isEmpty() || found.isEmpty()) {
            return "cannot be tried without " + (found.isEmpty() ? program : "unshare");
        }
        List<String> command = new ArrayList<>(
                List.of(unshare.get().toString(), "--net", found.get().toString()));
        command.addAll(arguments);
        try {
            HostCommand.Outcome outcome = HostCommand.run(command, input, TIMEOUT);
            return outcome.succeeded()
                    ? ""
                    : "failed: " + outcome.output().strip().lines().findFirst().orElse("no words");
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
