package dev.instar.cli.demo;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitHook;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.TemporaryDirectory;
import dev.instar.cli.client.Credentials;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node in a process of its own, on a free port of the loopback address, with a temporary data directory. Closing it,
 * or the end of this process by a signal, ends the node and removes the directory; if this process is killed, the node
 * ends by itself.
 */
public final class NodeProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile(".*ready at (https?://\\S+).*");
    private static final Pattern ORDINARY = Pattern.compile("\\S+ (INFO|DEBUG|TRACE) .*");
    private static final long END_SECONDS = 20;
    private static final int KEPT_LINES = 200;

    private final Process process;
    private final TemporaryDirectory data;
    private final URI gateway;
    private final ExitHook hook;
    private final Queue<String> complaints;

    private NodeProcess(
            Process process, TemporaryDirectory data, URI gateway, ExitHook hook, Queue<String> complaints) {
        this.process = process;
        this.data = data;
        this.gateway = gateway;
        this.hook = hook;
        this.complaints = complaints;
    }

    /**
     * Starts a node and waits until it is ready.
     *
     * @param options further ones of {@code instar up}
     * @throws CommandException with what the node wrote if it ended instead
     */
    public static NodeProcess start(List<String> options) {
        TemporaryDirectory data = TemporaryDirectory.create("instar-demo-");
        try {
            return start(data, options);
        } catch (IOException e) {
            data.close();
            throw new CommandException(ExitStatus.FAILED, "cannot start a node: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            data.close();
            throw e;
        }
    }

    private static NodeProcess start(TemporaryDirectory data, List<String> options) throws IOException {
        Process process = new ProcessBuilder(command(data.path(), options))
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        ExitHook hook = ExitHook.install("end-node", () -> {
            end(process);
            data.close();
        });
        Queue<String> complaints = new ArrayBlockingQueue<>(KEPT_LINES);
        try {
            return new NodeProcess(process, data, awaitReady(process, complaints), hook, complaints);
        } catch (IOException | RuntimeException e) {
            end(process);
            hook.remove();
            throw e;
        }
    }

    /** Where it listens. */
    public URI gateway() {
        return gateway;
    }

    /** Its administrator. */
    public Credentials credentials() {
        try {
            return new Credentials.Password(
                    "admin",
                    Files.readString(data.path().resolve("admin-password")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the node's password", e);
        }
    }

    /** The process. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** What it has logged above level info since it was ready, the first 200 lines of it. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Its data directory. */
    public Path data() {
        return data.path();
    }

    @Override
    public void close() {
        end(process);
        data.close();
        hook.remove();
    }

    private static List<String> command(Path data, List<String> options) {
        List<String> command = new ArrayList<>();
        String launcher = System.getProperty("instar.launcher", "");
        if (launcher.isEmpty()) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-Xmx512m", "--enable-native-access=ALL-UNNAMED"));
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.instar.cli.Main"));
        } else {
            command.add(launcher);
        }
        command.addAll(List.of("up", "--listen", "127.0.0.1", "--port", "0", "--ephemeral"));
        command.add(Long.toString(ProcessHandle.current().pid()));
        command.addAll(List.of("--data", data.toString()));
        command.addAll(options);
        return command;
    }

    /** Reads the node's output on, so that it never waits for a full pipe. */
    private static URI awaitReady(Process process, Queue<String> complaints) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> seen = new ArrayList<>();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher matcher = READY.matcher(line);
            if (matcher.matches()) {
                Thread.ofVirtual().start(() -> drain(lines, complaints));
                return URI.create(matcher.group(1));
            }
            if (seen.size() < KEPT_LINES) {
                seen.add(line);
            }
        }
        throw CommandException.failed("the node did not start:\n" + String.join("\n", seen));
    }

    private static void drain(BufferedReader lines, Queue<String> complaints) {
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!ORDINARY.matcher(line).matches()) {
                    // Those beyond the queue's room are let go of.
                    boolean _ = complaints.offer(line);
                }
            }
        } catch (IOException e) {
            // The pipe breaks when the node ends; there is nothing more to read.
            assert e != null;
        }
    }

    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
