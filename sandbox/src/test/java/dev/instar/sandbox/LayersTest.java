package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.SeccompAction;
import dev.instar.linux.SeccompFilter;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds when a layer is not there: the system-call filter, or the network that is loopback only. */
class LayersTest {
    @TempDir
    private Path directory;

    /** The namespaces belong to the host and the processes have no capability, whether calls are filtered or not. */
    @Test
    void withoutTheFilterTheOthersHold() throws Exception {
        SeccompFilter everything = SeccompFilter.builder(SeccompAction.ALLOW).build();
        String node = SandboxFixture.nodeOf(ProcessHandle.current());
        try (SandboxFixture fixture = SandboxFixture.open(directory, node, 1, 2, everything)) {
            fixture.addHostilePrograms("mounts", "namespaces", "handles", "administration", "capabilities");
            assertThat(report(fixture, "mounts"))
                    .hasSizeGreaterThan(20)
                    .filteredOn(line -> !line.matches("(statmount|listmount|umount2 /proc/kcore): .*"))
                    .allMatch(line -> line.endsWith(": EPERM"));
            assertThat(report(fixture, "handles")).contains("open_by_handle_at, the root of the host's disk: EPERM");
            assertThat(report(fixture, "capabilities"))
                    .contains("capset, all: EPERM", "ambient: EPERM", "no_new_privs, off: EINVAL");
            assertThat(report(fixture, "administration"))
                    .contains("settimeofday: EPERM", "sethostname: EPERM", "kernel log: EPERM", "acct: EPERM");
            assertThat(report(fixture, "namespaces"))
                    .contains("unshare net: EPERM", "setns mnt: EPERM", "unshare user: ENOSPC", "clone3: ENOSPC");
        }
    }

    private static List<String> report(SandboxFixture fixture, String program) throws Exception {
        return fixture.run(fixture.workload(fixture.hostile(program + ".c"), SandboxFixture.TIGHT))
                .lines();
    }

    @Test
    void onTheBridgeTheNeighboursAreOutOfReach() throws Exception {
        String listen = "/usr/bin/python3 -S -c 'import socket; s = socket.create_server((\"\", 8080));"
                + " print(\"listening\", flush=True); s.accept(); print(\"reached\", flush=True)' >&3";
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 4);
                HostServices services = HostServices.open(
                        "instar-layers-" + ProcessHandle.current().pid())) {
            for (String file : List.of("attack.py", "bridge_neighbours.py")) {
                Files.copy(
                        Path.of(getClass().getResource("/escape/" + file).toURI()),
                        fixture.code().resolve(file));
            }
            String address = "ip -o -4 address show dev eth0 | grep -o '10[0-9.]*/' | tr -d / >&3";
            try (RunningProgram neighbour =
                    onBridge(fixture, List.of("/bin/sh", "-c", address + "; exec " + listen), Map.of())) {
                String neighbourAddress = neighbour.nextLine();
                assertThat(neighbour.nextLine()).isEqualTo("listening");
                Map<String, String> host = Map.of(
                        "HOST_TCP_PORT",
                        Integer.toString(services.tcpPort()),
                        "HOST_GATEWAY",
                        "10.63.0.1",
                        "HOST_ADDRESS",
                        anotherAddress(),
                        "HOST_NEIGHBOUR",
                        neighbourAddress);
                try (RunningProgram program = onBridge(fixture, fixture.hostile("bridge_neighbours.py"), host)) {
                    program.sandbox().ending().get();
                    program.closeWhenRead();
                    assertThat(program.allLines())
                            .as(program.output())
                            .containsExactly(
                                    "the host, by the bridge: EHOSTUNREACH",
                                    "the host, by another address of its own: EHOSTUNREACH",
                                    "another function: ETIMEDOUT",
                                    "the metadata service: EHOSTUNREACH",
                                    "another source address: EADDRNOTAVAIL",
                                    "packets of its own making: EAFNOSUPPORT",
                                    "neighbours it knows: the gateway");
                }
                neighbour.closeWhenRead();
                assertThat(neighbour.allLines())
                        .as("nobody has reached the other function")
                        .isEmpty();
            }
            assertThat(services.connections()).isZero();
        }
    }

    private static RunningProgram onBridge(SandboxFixture fixture, List<String> argv, Map<String, String> environment)
            throws Exception {
        return fixture.start(
                fixture.workload(argv, SandboxFixture.TIGHT, environment, fixture.code(), NetworkMode.BRIDGE));
    }

    /** An address of the host that is not the bridge's. */
    private static String anotherAddress() throws Exception {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(address -> address.getHostAddress())
                .filter(address -> !address.startsWith("10.63."))
                .findFirst()
                .orElse("10.63.0.1");
    }
}
