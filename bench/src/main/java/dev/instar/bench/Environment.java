package dev.instar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;

/**
 * Where figures come from, for comparing only what can be compared.
 *
 * @param time when the run began
 * @param kernel release of the running kernel
 * @param processor model name
 * @param processors how many this process may use
 * @param memoryKib of the machine
 * @param java version of the Java virtual machine
 * @param load load averages at the beginning
 */
public record Environment(
        Instant time, String kernel, String processor, int processors, long memoryKib, String java, String load) {
    /** Reads the machine's description. */
    public static Environment current() throws IOException {
        return new Environment(
                Instant.now(),
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
                field(Path.of("/proc/cpuinfo"), "model name"),
                Runtime.getRuntime().availableProcessors(),
                Long.parseLong(field(Path.of("/proc/meminfo"), "MemTotal").replace(" kB", "")),
                Runtime.version().toString(),
                Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private static String field(Path file, String name) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("0");
        }
    }
}
