package dev.instar.sandbox;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What to run in a sandbox. Nothing in it is interpreted: the sandbox attaches, limits and executes.
 *
 * @param argv program and arguments as seen inside; the program is an absolute path
 * @param environment the complete environment
 * @param codeDirectory host directory that appears read-only as {@code /function}
 * @param layers host directories that appear read-only as {@code /layers/0}, {@code /layers/1}, …
 * @param secrets file contents that appear read-only under {@code /var/openfaas/secrets/NAME}
 * @param limits in force before the first instruction
 * @param network what network the instance has
 * @param channels how many connected channel sockets the program finds as descriptors 3, 4, …; 1 to 64
 */
public record Workload(
        List<String> argv,
        Map<String, String> environment,
        Path codeDirectory,
        List<Path> layers,
        Map<String, byte[]> secrets,
        ResourceLimits limits,
        NetworkMode network,
        int channels) {
    public Workload {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        layers = List.copyOf(layers);
        secrets = Map.copyOf(secrets);
    }
}
