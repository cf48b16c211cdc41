package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is left of a function when its sandbox is closed: nothing, for the host and for the next user of the sandbox.
 */
@TestInstance(Lifecycle.PER_CLASS)
class AfterlifeTest {
    private SandboxFixture fixture;

    /** A pool of one sandbox, so that the next use is of the same. */
    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 1, 1);
        fixture.addHostilePrograms("linger", "leave_residue", "find_residue", "take_signals");
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private RunningProgram start(String program) throws Exception {
        return fixture.start(fixture.workload(fixture.hostile(program), SandboxFixture.TIGHT));
    }

    private static int uid(RunningProgram program) {
        String uids = HostProcesses.status(program.sandbox().pid(), "Uid").orElseThrow();
        return Integer.parseInt(uids.split("\\s+", -1)[0]);
    }

    @Test
    void noProcessOutlivesItsSandbox() throws Exception {
        int uid = SandboxFixture.firstUid();
        try (RunningProgram program = start("linger.c")) {
            assertThat(program.nextLine()).isEqualTo("left them behind");
            assertThat(program.sandbox().ending().get(20, TimeUnit.SECONDS).exitCode())
                    .isZero();
            assertThat(HostProcesses.ofUser(uid)).as("processes that linger").hasSizeGreaterThanOrEqualTo(7);
            assertThat(HostProcesses.ofUser(uid + 1)).as("the init").hasSize(1);
        }
        assertThat(HostProcesses.ofUser(uid)).isEmpty();
        assertThat(HostProcesses.ofUser(uid + 1)).as("the init").hasSizeLessThanOrEqualTo(1);
        assertNothingBelongsTo(uid);
        assertNothingBelongsTo(uid + 1);
    }

    private void assertNothingBelongsTo(int uid) throws Exception {
        String number = Integer.toString(uid);
        try (Stream<String> keys = Files.lines(Path.of("/proc/keys"))) {
            assertThat(keys.filter(line -> line.contains(number))).as("keys").isEmpty();
        }
        for (String table : List.of("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg", "/proc/locks")) {
            try (Stream<String> objects = Files.lines(Path.of(table))) {
                assertThat(objects.filter(line -> line.contains(number)))
                        .as(table)
                        .isEmpty();
            }
        }
        for (Path place : List.of(fixture.settings().runDirectory(), Path.of("/dev/shm"), Path.of("/tmp"))) {
            assertThat(ownedBy(uid, place)).as(place.toString()).isEmpty();
        }
    }

    private static List<String> ownedBy(int uid, Path place) throws Exception {
        Process find = new ProcessBuilder("find", place.toString(), "-xdev", "-maxdepth", "4", "-uid", "" + uid)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new ArrayList<>(find.inputReader().lines().toList());
    }

    /** A call's thread may be interrupted at its deadline, just when it is to close the sandbox. */
    @Test
    void anInterruptedThreadClosesAsWell() throws Exception {
        try (RunningProgram program = start("linger.c")) {
            assertThat(program.nextLine()).isEqualTo("left them behind");
            Thread.currentThread().interrupt();
            program.sandbox().close();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(HostProcesses.ofUser(SandboxFixture.firstUid())).isEmpty();
        }
        Awaitility.await().until(() -> fixture.pool().ready() == 1);
    }

    @Test
    void theNextUserOfTheIdsFindsNothing() throws Exception {
        String firstHost;
        int firstUid;
        try (RunningProgram first = start("leave_residue.c")) {
            firstHost = first.nextLine();
            firstUid = uid(first);
            assertThat(first.nextLine()).isEqualTo("made 7 of 7");
        }
        try (RunningProgram second = start("find_residue.c")) {
            String secondHost = second.nextLine();
            second.sandbox().ending().get(20, TimeUnit.SECONDS);
            second.closeWhenRead();
            assertThat(secondHost)
                    .isNotEqualTo(firstHost)
                    .isEqualTo(second.sandbox().id());
            assertThat(second.allLines())
                    .containsExactly(
                            "unix sockets: 0, tcp: 0",
                            "files: 0",
                            "segment: ENOENT",
                            "semaphore: ENOENT",
                            "queue: ENOENT",
                            "listed: 0",
                            "abstract socket: ECONNREFUSED",
                            "listener: ECONNREFUSED",
                            "keys: EPERM",
                            "processes: 1, pid 2");
        }
        try (RunningProgram third = start("take_signals.c")) {
            assertThat(third.nextLine()).isEqualTo("signals: EAGAIN after 1024");
            assertThat(uid(third)).as("the ids are used again").isEqualTo(firstUid);
        }
    }
}
