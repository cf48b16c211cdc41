package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs hostile programs in sandboxes of the pool, beside another function and a host with something to steal. Each must
 * fail for the reason that {@code escape/attacks.txt} states; reading that table tells what is defended, and by what.
 */
@TestInstance(Lifecycle.PER_CLASS)
public abstract class EscapeSuite {
    private final Map<String, String> host = new TreeMap<>();
    private SandboxFixture fixture;
    private RunningProgram other;
    private HostServices services;

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 3, 8);
        fixture.addHostilePrograms();
        Path writable = Files.writeString(fixture.code().resolve("writable.txt"), "as far as its mode goes");
        Files.setPosixFilePermissions(writable, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(fixture.code(), PosixFilePermissions.fromString("rwxrwxrwx"));
        services = HostServices.open("instar-escape-" + ProcessHandle.current().pid());
        other = startOtherFunction(Files.createDirectory(directory.resolve("other")));
        Path secret = Files.writeString(directory.resolve("host-secret.txt"), "of the host");
        host.put("SECRET_FILE", secret.toString());
        host.put("RUN_DIRECTORY", fixture.settings().runDirectory().toString());
        host.put("NODE_PID", Long.toString(ProcessHandle.current().pid()));
        host.put("LAUNCHER_PID", Integer.toString(HostProcesses.launcher()));
        host.put("OTHER_CODE", directory.resolve("other").toString());
        host.put("OTHER_PID", Integer.toString(other.sandbox().pid()));
        host.put("TCP_PORT", Integer.toString(services.tcpPort()));
        host.put("UDP_PORT", Integer.toString(services.udpPort()));
        host.put("ABSTRACT_NAME", services.abstractName());
    }

    private RunningProgram startOtherFunction(Path code) throws Exception {
        Files.writeString(code.resolve("secret.txt"), "of another function");
        String script = "touch /tmp/secret-in-tmp.txt /dev/shm/secret-in-shm.txt; echo ready >&3; exec sleep 600";
        RunningProgram program = fixture.start(fixture.workload(
                List.of("/bin/sh", "-c", script), SandboxFixture.TIGHT, Map.of("SECRET", "in memory"), code));
        assertThat(program.nextLine()).isEqualTo("ready");
        return program;
    }

    @AfterAll
    void close() throws Exception {
        boolean otherLives = !other.sandbox().ending().isDone();
        other.close();
        fixture.close();
        services.close();
        assertThat(otherLives).as("the other function has survived all attacks").isTrue();
        assertThat(services.connections())
                .as("connections that reached the host")
                .isZero();
    }

    /** Runs a command in a sandbox with {@link SandboxFixture#TIGHT} limits. */
    protected abstract RunningProgram start(List<String> command, Map<String, String> environment) throws Exception;

    /** The sandboxes, in which the hostile programs are. */
    protected SandboxFixture fixture() {
        return fixture;
    }

    /** Those that the programs are to be tried with. */
    protected List<Attack> attacks() throws IOException {
        return Attack.readTable();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void fails(Attack attack) throws Exception {
        Map<String, String> environment = new TreeMap<>();
        host.forEach((name, value) -> environment.put("HOST_" + name, value));
        List<String> command =
                fixture.hostile(attack.program(), attack.arguments().toArray(String[]::new));
        try (RunningProgram program = start(command, environment)) {
            Ending ending = program.sandbox().ending().get(30, TimeUnit.SECONDS);
            program.closeWhenRead();
            assertThat(new Attack.Report(program.allLines(), ending.describe()))
                    .as("what %s reports; its output: %s", attack, program.output())
                    .isIn(attack.reports());
        }
    }
}
