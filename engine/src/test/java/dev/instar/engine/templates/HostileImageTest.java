package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.instar.linux.CloneServer;
import dev.instar.linux.LinuxException;
import dev.instar.linux.MemoryMapping;
import dev.instar.linux.ProcFiles;
import dev.instar.sandbox.RunningProgram;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxFixture;
import dev.instar.template.image.Descriptor;
import dev.instar.template.image.Image;
import dev.instar.template.image.Origin;
import dev.instar.template.image.Region;
import dev.instar.template.image.ThreadState;
import dev.instar.template.zygote.UnsuitableImageException;
import dev.instar.template.zygote.Zygote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images that no capture would make. The worst that may come of one is that it is refused or that the instance crashes:
 * it never runs with more rights than any other.
 */
@Timeout(300)
@TestInstance(Lifecycle.PER_CLASS)
class HostileImageTest {
    private static final int IMAGES = Integer.getInteger("instar.test.hostileImages", 250);
    private static final long SEED = Long.getLong("instar.test.seed", 20_261_122L);

    private static final String PROGRAM = """
            import os, select, threading
            code = open("/function/captured.py")
            pipe = os.pipe()
            os.write(pipe[1], b"unread")
            epoll = select.epoll()
            epoll.register(pipe[0], select.EPOLLIN)
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            os.write(3, b"ready\\n")
            expression = os.read(3, 4096).decode()
            os.write(3, (str(eval(expression)) + "\\n").encode())
            """;

    private SandboxFixture fixture;
    private CapturedProgram program;

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 2, 6);
        program = CapturedProgram.take(fixture, PROGRAM);
    }

    @AfterAll
    void close() {
        program.close();
        fixture.close();
    }

    @Test
    void mutatedImagesAreRefusedOrRunWithoutPrivileges() throws Exception {
        Random random = new Random(SEED);
        RecordMutation mutation = new RecordMutation(random);
        Map<String, Integer> outcomes = new TreeMap<>();
        for (int i = 0; i < IMAGES; i++) {
            Image image = mutation.mutate(program.image());
            if (random.nextInt(4) == 0) {
                image = mutation.mutate(image);
            }
            String what = "image " + i + " of seed " + SEED + ": " + mutation.place();
            outcomes.merge(outcome(image, what), 1, Integer::sum);
        }
        assertThat(outcomes).containsKeys("refused", "answered");
        assertAnswers(program.image());
    }

    private String outcome(Image image, String what) throws Exception {
        Zygote zygote;
        try {
            zygote = program.zygote(image);
        } catch (UnsuitableImageException e) {
            return "refused";
        } catch (LinuxException | IllegalStateException e) {
            return "not built";
        }
        try (zygote) {
            assertThat(strangers(zygote.pid())).as(what).isEmpty();
            try (RunningProgram clone = program.start(zygote, false, "6 * 7")) {
                assertConfined(clone.sandbox(), what);
                return conclusion(clone);
            } catch (SandboxException e) {
                return "not cloned";
            } catch (IOException e) {
                return "ended before it was spoken to";
            }
        }
    }

    /** Mappings where only the program that makes clones has any. */
    private static List<String> strangers(int pid) {
        List<MemoryMapping> mappings = new ProcFiles().mappings(pid).orElseThrow();
        return mappings.stream()
                .filter(mapping ->
                        mapping.start() < CloneServer.RESERVED_END && mapping.end() > CloneServer.RESERVED_START)
                .map(MemoryMapping::name)
                .filter(name -> !name.startsWith("/memfd:instar-") && !name.isEmpty())
                .toList();
    }

    /** It ends, or stands under the filter with nothing in its hands, in every thread. */
    private static void assertConfined(Sandbox sandbox, String what) {
        int pid = sandbox.pid();
        await().alias(what)
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    List<String> statuses = new ArrayList<>();
                    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
                        for (Path task : tasks.toList()) {
                            statuses.add(Files.readString(task.resolve("status")));
                        }
                    } catch (IOException | java.io.UncheckedIOException e) {
                        return sandbox.ending().isDone() || !Files.exists(Path.of("/proc/" + pid + "/task"));
                    }
                    return statuses.stream().allMatch(HostileImageTest::isConfined);
                });
    }

    private static boolean isConfined(String status) {
        if (status.contains("State:\tZ") || status.contains("State:\tX")) {
            return true;
        }
        return status.contains("Seccomp:\t2")
                && status.contains("NoNewPrivs:\t1")
                && Stream.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
                        .allMatch(set -> status.contains(set + ":\t0000000000000000"))
                && status.lines()
                        .filter(line -> line.startsWith("Uid:") || line.startsWith("Gid:"))
                        .allMatch(line -> line.matches("\\wid:(\t16\\d{8}){4}"));
    }

    private static String conclusion(RunningProgram clone) throws Exception {
        try {
            clone.sandbox().ending().get(150, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            return "neither answered nor ended";
        }
        clone.closeWhenRead();
        return clone.allLines().contains("42") ? "answered" : "crashed";
    }

    private void assertAnswers(Image image) throws Exception {
        try (Zygote zygote = program.zygote(image);
                RunningProgram clone = program.start(zygote, true, "6 * 7")) {
            assertThat(clone.nextLine()).isEqualTo("42");
        }
    }

    @Test
    void theKernelWritesNoThreadIdIntoTheProgramThatMakesClones() {
        Image image = withThread(thread -> new ThreadState(
                thread.id(),
                thread.name(),
                thread.registers(),
                thread.extendedState(),
                thread.signalMask(),
                thread.alternateStack(),
                thread.robustList(),
                thread.rseq(),
                CloneServer.RESERVED_START + 0x3000,
                thread.policy(),
                thread.nice()));

        assertThatThrownBy(() -> program.zygote(image))
                .isInstanceOf(UnsuitableImageException.class)
                .hasMessageContaining("address of the thread id");
    }

    private Image withThread(UnaryOperator<ThreadState> change) {
        Image image = program.image();
        List<ThreadState> threads = new ArrayList<>(image.threads());
        threads.set(0, change.apply(threads.getFirst()));
        return new Image(
                image.origin(), image.process(), image.regions(), threads, image.signalActions(), image.descriptors());
    }

    @Test
    void noRegionLiesWhereTheProgramIsThatMakesClones() {
        List<Region> regions = new ArrayList<>(program.image().regions());
        Region.Attributes attributes = new Region.Attributes(3, false, false, false, 0, "");
        int place = 0;
        while (regions.get(place).end() <= CloneServer.RESERVED_START) {
            place++;
        }
        regions.add(
                place,
                new Region.Zero(CloneServer.RESERVED_START - 4096, CloneServer.RESERVED_START + 4096, attributes));
        Image image =
                with(regions, program.image().descriptors(), program.image().origin());

        assertThatThrownBy(() -> program.zygote(image)).isInstanceOf(UnsuitableImageException.class);
    }

    @Test
    void noDescriptorTakesThePlaceOfTheChannelThatCommandsTheClone() {
        List<Descriptor> descriptors = new ArrayList<>(program.image().descriptors());
        descriptors.add(new Descriptor.UnconnectedSocket(900, false, 1, 2, 0));
        Image image =
                with(program.image().regions(), descriptors, program.image().origin());

        assertThatThrownBy(() -> program.zygote(image)).isInstanceOf(UnsuitableImageException.class);
    }

    @Test
    void aSocketThatNeedsPrivilegesIsNotMade() throws Exception {
        int rawSocket = 3;
        int icmp = 1;
        List<Descriptor> descriptors = new ArrayList<>(program.image().descriptors());
        descriptors.add(new Descriptor.UnconnectedSocket(50, false, 2, rawSocket, icmp));

        assertThat(started(with(
                        program.image().regions(), descriptors, program.image().origin())))
                .isEqualTo("ended");
    }

    @Test
    void filesOpenAsTheFunctionCouldOpenThem() throws Exception {
        Path secret = Files.writeString(fixture.code().resolve("root-only.txt"), "of root");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        Path outside = Files.writeString(fixture.code().resolveSibling("outside.txt"), "of the host");
        for (String path : List.of("/function/root-only.txt", outside.toString(), "/etc/shadow")) {
            List<Descriptor> descriptors = new ArrayList<>(program.image().descriptors());
            descriptors.add(new Descriptor.OpenFile(50, false, path, 0, 0));
            assertThat(started(with(
                            program.image().regions(),
                            descriptors,
                            program.image().origin())))
                    .as("descriptor of %s", path)
                    .isEqualTo("ended");
            Image mapping = withMapping(path);
            assertThatThrownBy(() -> program.zygote(mapping))
                    .as("mapping of %s", path)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageMatching("openat.*(EACCES|ENOENT).*");
        }
    }

    /** How a clone of an image fares that asks for what it must not have. */
    private String started(Image image) throws Exception {
        try (Zygote zygote = program.zygote(image);
                RunningProgram clone = program.start(zygote, false, "6 * 7")) {
            clone.sandbox().ending().get(20, TimeUnit.SECONDS);
            clone.closeWhenRead();
            return clone.allLines().isEmpty() ? "ended" : "answered";
        } catch (IOException | SandboxException e) {
            return "ended";
        }
    }

    private Image withMapping(String path) {
        List<Region> regions = new ArrayList<>(program.image().regions());
        Region last = regions.getLast();
        long start = last.start() - (1 << 30);
        int place = 0;
        while (regions.get(place).end() <= start) {
            place++;
        }
        Region.Attributes attributes = new Region.Attributes(1, false, false, false, 0, "");
        regions.add(place, new Region.FileMapping(start, start + 4096, attributes, false, path, 0));
        Origin origin = program.image().origin();
        List<Origin.FileIdentity> files = new ArrayList<>(origin.files());
        files.add(new Origin.FileIdentity(path, 7, "0".repeat(64)));
        return with(
                regions,
                program.image().descriptors(),
                new Origin(origin.kernelRelease(), origin.vdsoDigest(), origin.extendedStateFeatures(), files));
    }

    private Image with(List<Region> regions, List<Descriptor> descriptors, Origin origin) {
        Image image = program.image();
        return new Image(origin, image.process(), regions, image.threads(), image.signalActions(), descriptors);
    }
}
