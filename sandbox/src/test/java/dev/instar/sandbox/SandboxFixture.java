package dev.instar.sandbox;

import dev.instar.linux.SeccompFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A pool of its own in a directory of its own, and programs run in it. */
public final class SandboxFixture implements AutoCloseable {
    /** Tight enough that what runs into a limit does so at once. */
    public static final ResourceLimits TIGHT = new ResourceLimits(96L << 20, OptionalLong.empty(), 48, 2000, 8L << 20);

    private static final String BRIDGE_NETWORK = "10.63.0.0/16";

    /** As many ids as a pool of a test takes at the most. */
    private static final int IDS = 200;

    private final SandboxSettings settings;
    private final Path code;
    private final LinuxSandboxPool pool;

    private SandboxFixture(SandboxSettings settings, Path code, LinuxSandboxPool pool) {
        this.settings = settings;
        this.code = code;
        this.pool = pool;
    }

    /** A program's output and how it ended. */
    record Run(List<String> lines, Ending ending) {
        String output() {
            return String.join("\n", lines);
        }
    }

    /**
     * Opens a pool.
     *
     * @param directory empty, of the test's own
     */
    public static SandboxFixture open(Path directory, int ready, int maximum) throws IOException {
        return open(directory, nodeOf(ProcessHandle.current()), ready, maximum);
    }

    /** The node's name in a process that runs tests. */
    static String nodeOf(ProcessHandle process) {
        return "t" + Long.toString(process.pid(), 36);
    }

    /** The first user id of this process's pools: tests of others may run at the same time. */
    static int firstUid() {
        return SandboxSettings.DEFAULT_FIRST_UID
                + IDS * (int) (ProcessHandle.current().pid() % 1_000_000);
    }

    /** Opens the pool of a certain node, which may be one that has died. */
    static SandboxFixture open(Path directory, String node, int ready, int maximum) throws IOException {
        return open(directory, node, ready, maximum, SystemCallPolicy.filter());
    }

    /** Opens a pool whose functions run under another policy. */
    static SandboxFixture open(Path directory, String node, int ready, int maximum, SeccompFilter policy)
            throws IOException {
        return open(directory, node, ready, maximum, policy, Reuse.DEFAULT);
    }

    /** Opens a pool that uses its sandboxes again only so long. */
    static SandboxFixture open(Path directory, int ready, int maximum, Reuse reuse) throws IOException {
        return open(directory, nodeOf(ProcessHandle.current()), ready, maximum, SystemCallPolicy.filter(), reuse);
    }

    static SandboxFixture open(Path directory, String node, int ready, int maximum, SeccompFilter policy, Reuse reuse)
            throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(directory.resolve("instar"));
        Path code = Files.createDirectories(directory.resolve("code"));
        SandboxSettings settings = new SandboxSettings(
                node,
                directory.resolve("run"),
                directory.resolve("instar"),
                ready,
                maximum,
                firstUid(),
                Optional.of(BRIDGE_NETWORK),
                reuse);
        return new SandboxFixture(settings, code, LinuxSandboxPool.open(settings, policy));
    }

    /** The pool's. */
    public SandboxSettings settings() {
        return settings;
    }

    /** The pool. */
    public LinuxSandboxPool pool() {
        return pool;
    }

    /** What the sandboxes see as {@code /function}. */
    public Path code() {
        return code;
    }

    /**
     * Puts hostile programs into the code directory, compiled where they are in C.
     *
     * @param inC names of those in C, without {@code .c}; none means all, and those in Python too
     */
    public void addHostilePrograms(String... inC) throws IOException, InterruptedException {
        // Beside this module's other sources: tests of other modules run these programs too.
        Path sources = Path.of("../sandbox/src/test/resources/escape");
        List<String> programs = new ArrayList<>(List.of(inC));
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : programs.isEmpty() ? files.toList() : List.<Path>of()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".py")) {
                    Files.copy(file, code.resolve(name));
                } else if (name.endsWith(".c")) {
                    programs.add(name.substring(0, name.length() - ".c".length()));
                }
            }
        }
        compile(sources, programs);
    }

    private void compile(Path sources, List<String> programs) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "for program; do echo $program; done"
                        + " | xargs -P 2 -I{} gcc -Wall -O1 -Wno-infinite-recursion -o \"$CODE/{}\" {}.c",
                "-"));
        command.addAll(programs);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(sources.toFile()).inheritIO();
        builder.environment().put("CODE", code.toString());
        Process compilers = builder.start();
        if (!compilers.waitFor(60, TimeUnit.SECONDS) || compilers.exitValue() != 0) {
            compilers.destroyForcibly();
            throw new IOException("the hostile C programs do not compile; gcc and libc6-dev must be installed");
        }
    }

    /** The command line of a hostile program, by the name of its source. */
    public List<String> hostile(String program, String... arguments) {
        Stream<String> command = program.endsWith(".py")
                ? Stream.of("/usr/bin/python3", "-S", "-B", "/function/" + program)
                : Stream.of("/function/" + program.substring(0, program.length() - ".c".length()));
        return Stream.concat(command, Stream.of(arguments)).toList();
    }

    /** A program with the fixture's own code. */
    public Workload workload(List<String> argv, ResourceLimits limits) {
        return workload(argv, limits, Map.of(), code);
    }

    /** A program without network. */
    public Workload workload(
            List<String> argv, ResourceLimits limits, Map<String, String> environment, Path codeDirectory) {
        return workload(argv, limits, environment, codeDirectory, NetworkMode.NONE);
    }

    Workload workload(
            List<String> argv,
            ResourceLimits limits,
            Map<String, String> environment,
            Path codeDirectory,
            NetworkMode network) {
        Map<String, String> variables = new java.util.TreeMap<>(environment);
        variables.put("PATH", "/usr/bin:/bin");
        return new Workload(argv, variables, codeDirectory, List.of(codeDirectory), Map.of(), limits, network, 1);
    }

    /** Runs a program to its end; the lines are what it wrote to its channel. */
    Run run(Workload workload) throws Exception {
        try (RunningProgram program = start(workload)) {
            Ending ending = program.sandbox().ending().get(30, TimeUnit.SECONDS);
            // Closed before the output is read, since what the program has left running may hold the channel too.
            program.closeWhenRead();
            return new Run(program.allLines(), ending);
        }
    }

    RunningProgram start(Workload workload) throws Exception {
        return RunningProgram.start(pool, workload);
    }

    @Override
    public void close() {
        pool.close();
    }
}
