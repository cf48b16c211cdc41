package dev.instar.cli.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Permissions, memory, disk and the port. */
final class HostChecks {
    private static final long GIB = 1L << 30;
    private static final Pattern EFFECTIVE_USER = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)");
    private static final Pattern CAPABILITIES = Pattern.compile("(?m)^CapEff:\\s+([0-9a-f]+)");
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB");
    private static final int CAP_SYS_ADMIN = 21;

    private final Machine machine;
    private final Path data;
    private final String host;
    private final int port;

    HostChecks(Machine machine, Path data, String host, int port) {
        this.machine = machine;
        this.data = data;
        this.host = host;
        this.port = port;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(permissions());
        findings.add(memory());
        findings.add(disk());
        findings.add(portFree());
        return findings;
    }

    private Finding permissions() {
        String status = machine.read("/proc/self/status").orElse("");
        Matcher user = EFFECTIVE_USER.matcher(status);
        Matcher capabilities = CAPABILITIES.matcher(status);
        boolean root = user.find() && user.group(1).equals("0");
        boolean administers =
                capabilities.find() && (Long.parseUnsignedLong(capabilities.group(1), 16) >> CAP_SYS_ADMIN & 1) == 1;
        if (root && administers) {
            return Finding.ok("permissions", "root with CAP_SYS_ADMIN");
        }
        return Finding.missing(
                "permissions",
                root ? "root without CAP_SYS_ADMIN" : "not root",
                "a node makes namespaces, mounts and control groups",
                root
                        ? "run outside of the container, or give it CAP_SYS_ADMIN"
                        : "run the node with sudo or as a service");
    }

    private Finding memory() {
        Matcher matcher = AVAILABLE.matcher(machine.read("/proc/meminfo").orElse(""));
        long available = matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : 0;
        String detail = available / (1 << 20) + " MiB available";
        return available >= GIB
                ? Finding.ok("memory", detail)
                : Finding.warning(
                        "memory", detail, "few instances fit beside the node", "free memory, or give the machine more");
    }

    private Finding disk() {
        Path existing = Stream.iterate(data.toAbsolutePath(), path -> path != null, Path::getParent)
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of("/"));
        try {
            long free = Files.getFileStore(existing).getUsableSpace();
            String detail = free / (1 << 20) + " MiB free at " + existing;
            return free >= GIB
                    ? Finding.ok("disk", detail)
                    : Finding.warning(
                            "disk",
                            detail,
                            "deploys are refused when the disk is full",
                            "free space, or put the data elsewhere with --data");
        } catch (IOException e) {
            return Finding.missing("disk", existing + ": " + e.getMessage(), "nothing can be stored", "check the disk");
        }
    }

    private Finding portFree() {
        String address = host + ":" + port;
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
            return Finding.ok("port", address + " is free");
        } catch (IOException e) {
            return Finding.warning(
                    "port",
                    address + ": " + e.getMessage(),
                    "a node may run there already; a second one cannot use it",
                    "`instar status` shows whether it is one; else choose another with --port");
        }
    }
}
