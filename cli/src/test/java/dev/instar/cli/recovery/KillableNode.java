package dev.instar.cli.recovery;

import dev.instar.cli.client.Credentials;
import dev.instar.cli.node.Footprint;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One run of a node, in a process of its own. It ends by itself if the test does. */
final class KillableNode implements AutoCloseable {
    private static final Pattern READY = Pattern.compile(".*ready at (https?://\\S+).*");
    private static final Duration START_PATIENCE = Duration.ofMinutes(2);
    private static final Duration END_PATIENCE = Duration.ofMinutes(1);
    private static final int KEPT_LINES = 100;

    private final Path data;
    private final Process process;
    private final Instant begun;
    private final Instant processStart;
    private final long begunNanos = System.nanoTime();
    private final ConcurrentLinkedDeque<String> output = new ConcurrentLinkedDeque<>();
    private final CompletableFuture<URI> ready = new CompletableFuture<>();
    private volatile Duration start = Duration.ZERO;

    private KillableNode(Path data, Process process, Instant begun) {
        this.data = data;
        this.process = process;
        this.begun = begun;
        this.processStart = process.info().startInstant().orElseThrow();
        Thread.ofVirtual().start(this::read);
    }

    /** Starts a node; returns long before it is ready. */
    static KillableNode start(Path data, Path configuration, Path temporary) throws IOException {
        return start(List.of(), data, configuration, temporary);
    }

    /** Has one more run clear away what a killed one has left, if it has left anything. */
    static void clearAway(Path data, Path configuration, Path temporary) throws IOException, InterruptedException {
        if (!Footprint.of(data).isEmpty()) {
            try (KillableNode last = start(data, configuration, temporary)) {
                last.awaitReady();
                last.end();
            }
        }
    }

    /**
     * Starts a node whose data directory is on a small file system that only its process sees.
     *
     * @param data need not exist; its parent is an empty directory, where that file system goes
     * @param mebibytes the size of that file system
     */
    static KillableNode startOnSmallDisk(Path data, Path configuration, Path temporary, int mebibytes)
            throws IOException {
        String mount = "mount -t tmpfs -o size=" + mebibytes + "m,mode=0700 tmpfs \"$0\" && exec \"$@\"";
        List<String> enter = List.of(
                "/usr/bin/unshare",
                "--mount",
                "--propagation",
                "private",
                "/bin/sh",
                "-c",
                mount,
                data.getParent().toString());
        return start(enter, data, configuration, temporary);
    }

    /** Starts one as from the shell of somebody who hides new files from others. */
    static KillableNode startWithStrictMask(Path data, Path configuration, Path temporary) throws IOException {
        List<String> enter = List.of("/bin/sh", "-c", "umask 077 && exec \"$0\" \"$@\"");
        return start(enter, data, configuration, temporary);
    }

    /** @param enter what to put before the command */
    private static KillableNode start(List<String> enter, Path data, Path configuration, Path temporary)
            throws IOException {
        Instant begun = Instant.now();
        List<String> command = new ArrayList<>(enter);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.instar.cli.Main",
                "up",
                "--ephemeral",
                Long.toString(ProcessHandle.current().pid()),
                "--data",
                data.toString(),
                "--config",
                configuration.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        return new KillableNode(data, process, begun);
    }

    /** Just before the process was started. */
    Instant begun() {
        return begun;
    }

    /** When the process was started, as processes know it: to be compared with others of them only. */
    Instant processStart() {
        return processStart;
    }

    /** How long it took to become ready; zero if it has not. */
    Duration startDuration() {
        return start;
    }

    /**
     * Waits until it is ready.
     *
     * @return where it listens
     * @throws AssertionError with its last words if it ends instead
     */
    URI awaitReady() throws InterruptedException {
        try {
            return ready.get(START_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the node is not ready: " + lastWords(), e);
        }
    }

    /** Its administrator. */
    Credentials administrator() throws IOException {
        return new Credentials.Password(
                "admin",
                Files.readString(dataDirectory().resolve("admin-password")).strip());
    }

    /** Its data directory, as it sees it itself. */
    Path dataDirectory() {
        return Path.of("/proc/" + process.pid() + "/root" + data);
    }

    /** Lets it run for a while; it must not end by itself. */
    void letRun(Duration time) throws InterruptedException {
        if (process.waitFor(time.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new AssertionError("the node ended by itself: " + lastWords());
        }
    }

    /** SIGKILL, to the node's own process and to nothing else. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM. */
    int end() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the node does not end: " + lastWords());
        }
        return process.exitValue();
    }

    /** What it wrote last. */
    String lastWords() {
        return String.join("\n", output);
    }

    /** Ends it, if the test has failed and left it running. */
    @Override
    public void close() throws InterruptedException {
        kill();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.addLast(line);
                if (output.size() > KEPT_LINES) {
                    output.removeFirst();
                }
                Matcher matcher = READY.matcher(line);
                if (matcher.matches()) {
                    start = Duration.ofNanos(System.nanoTime() - begunNanos);
                    ready.complete(URI.create(matcher.group(1)));
                }
            }
        } catch (IOException e) {
            output.addLast(e.toString());
        }
        ready.completeExceptionally(new IOException("its output has ended"));
    }
}
