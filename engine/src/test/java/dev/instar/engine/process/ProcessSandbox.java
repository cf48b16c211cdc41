package dev.instar.engine.process;

import dev.instar.linux.CloneSource;
import dev.instar.sandbox.Ending;
import dev.instar.sandbox.MemoryUse;
import dev.instar.sandbox.OutputSink;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.Workload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A workload as a plain process whose channels are connections to a listening Unix socket. */
public final class ProcessSandbox implements Sandbox {
    private static final String LAUNCH = """
            import fcntl, os, socket, sys
            path, count, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
            parked = []
            for i in range(count):
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                parked.append(fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 200))
                s.close()
            for i, fd in enumerate(parked):
                os.dup2(fd, 3 + i)
                os.close(fd)
            os.execve(argv[0], argv, os.environ)
            """;

    private final String id;
    private final Path shims;
    private final Path socket;
    private final OutputSink output;
    private final Consumer<ProcessSandbox> onClose;
    private final ReentrantLock outputLock = new ReentrantLock();
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();
    private volatile Process process;

    ProcessSandbox(String id, Path shims, Path socket, OutputSink output, Consumer<ProcessSandbox> onClose) {
        this.id = id;
        this.shims = shims;
        this.socket = socket;
        this.output = output;
        this.onClose = onClose;
    }

    @Override
    public String id() {
        return id;
    }

    /** Needs a zygote, and with it a real sandbox. */
    @Override
    public void seat(Workload workload, CloneSource source, boolean ahead) throws SandboxException {
        throw new SandboxException("clone", "a plain process cannot be cloned");
    }

    @Override
    public List<SocketChannel> begin() {
        throw new IllegalStateException("nothing is seated");
    }

    @Override
    public void settle() {}

    @Override
    public List<SocketChannel> start(Workload workload) throws SandboxException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            launch(workload);
            process.onExit().thenRun(() -> closeQuietly(server));
            List<SocketChannel> channels = new ArrayList<>();
            for (int i = 0; i < workload.channels(); i++) {
                channels.add(server.accept());
            }
            return channels;
        } catch (IOException e) {
            close();
            throw new SandboxException("execute", e.toString(), e);
        } finally {
            deleteSocket();
        }
    }

    private void deleteSocket() {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch(Workload workload) throws IOException {
        List<String> command = new ArrayList<>(List.of("/usr/bin/python3", "-I", "-S", "-c", LAUNCH));
        command.add(socket.toString());
        command.add(Integer.toString(workload.channels()));
        workload.argv().forEach(argument -> command.add(onHost(argument, workload)));
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.clear();
        workload.environment().forEach((name, value) -> environment.put(name, onHost(value, workload)));
        process = builder.start();
        process.getOutputStream().close();
        CompletableFuture<Void> out = pump(process.getInputStream(), false);
        CompletableFuture<Void> error = pump(process.getErrorStream(), true);
        process.onExit()
                .thenCombine(CompletableFuture.allOf(out, error), (ended, _) -> ended.exitValue())
                .thenAccept(status -> ending.complete(
                        status > 128 ? new Ending(-1, status - 128, false, 0, 0) : new Ending(status, 0, false, 0, 0)));
    }

    private String onHost(String inside, Workload workload) {
        return inside.replace("/instar/", shims + "/")
                .replace("/function", workload.codeDirectory().toString());
    }

    private CompletableFuture<Void> pump(InputStream stream, boolean error) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    outputLock.lock();
                    try {
                        output.line(error, line);
                    } finally {
                        outputLock.unlock();
                    }
                }
            } catch (IOException _) {
                // The process was destroyed, and its output with it.
            } finally {
                done.complete(null);
            }
        });
        return done;
    }

    @Override
    public CompletableFuture<Ending> ending() {
        return ending;
    }

    @Override
    public int pid() {
        return process == null ? 0 : (int) process.pid();
    }

    long residentBytes() {
        return memory().chargedBytes();
    }

    @Override
    public MemoryUse memory() {
        long shared = 0;
        long own = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/smaps_rollup"))) {
                long bytes = line.endsWith("kB") ? 1024 * Long.parseLong(line.split("\\s+")[1]) : 0;
                own += line.startsWith("Private_") ? bytes : 0;
                shared += line.startsWith("Shared_") ? bytes : 0;
            }
        } catch (IOException _) {
            return new MemoryUse(0, 0, 0);
        }
        return new MemoryUse(own, own, shared);
    }

    @Override
    public boolean freeze() {
        return signal("STOP");
    }

    @Override
    public void thaw() {
        signal("CONT");
    }

    /** Nothing of it can be taken back: it belongs to no group. */
    @Override
    public void reclaim(long bytes) {}

    private boolean signal(String name) {
        try {
            return new ProcessBuilder("kill", "-" + name, Integer.toString(pid()))
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            running.onExit().join();
            ending.join();
        } else {
            ending.complete(new Ending(-1, 9, false, 0, 0));
        }
        onClose.accept(this);
    }

    private static void closeQuietly(ServerSocketChannel server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
