package dev.instar.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs short administrative programs of the host, such as {@code ip}, and waits for them. */
public final class HostCommand {
    // Not from PATH: the programs run with the node's privileges.
    private static final List<Path> DIRECTORIES =
            List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin"));

    private static final Logger LOG = LoggerFactory.getLogger(HostCommand.class);

    private HostCommand() {}

    /**
     * What a program said.
     *
     * @param status its exit status; 128 plus the signal if one ended it
     * @param output standard output and error together
     */
    public record Outcome(int status, String output) {
        /** Whether the status is 0. */
        public boolean succeeded() {
            return status == 0;
        }
    }

    /** Where a program is, looked for in the system's own directories. */
    public static Optional<Path> find(String program) {
        return DIRECTORIES.stream()
                .map(directory -> directory.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Runs a program to its end.
     *
     * @param command the program's absolute path and its arguments
     * @param input what it reads from standard input
     * @param timeout after which it is killed
     * @throws IOException if it cannot be started, or does not end in time
     */
    public static Outcome run(List<String> command, String input, Duration timeout) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (InputStream in = process.getInputStream()) {
                output.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                output.completeExceptionally(new UncheckedIOException(e));
            }
        });
        try {
            feed(process, input);
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(command + " did not end within " + timeout.toMillis() + " ms");
            }
            return new Outcome(process.exitValue(), output.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + command, e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void feed(Process process, String input) {
        try (OutputStream out = process.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // The program ended, or closed its input, before it had read everything: its status and words say why.
            LOG.debug("{} did not read all of its input", process, e);
        }
    }
}
